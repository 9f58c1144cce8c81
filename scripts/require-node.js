// Comes before everything that runs TypeScript as it is. Scripts run on the Node from `devDependencies`; where its install
// step was left out they would run on the machine's own, perhaps one too old, which only says "unknown file extension".
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `bercon needs Node 22.19 or newer, and this is ${process.versions.node}. Run it through pnpm ` +
      "(\"npx -y pnpm@12 test\"), which installs its own; where it did not, \"npx -y pnpm@12 rebuild\" does.\n"
  )
  process.exit(1)
}
