// Checks the version of Node. Import it before anything that runs TypeScript directly. Scripts run on the Node from
// `devDependencies`. If its install step was skipped, they run on the machine's Node, and one that is too old would
// only report "unknown file extension".
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `bercon needs Node 22.19 or newer, and this is ${process.versions.node}. Run it through pnpm ` +
      "(\"npx -y pnpm@12 test\"), which installs its own Node. If it did not, run \"npx -y pnpm@12 rebuild\".\n"
  )
  process.exit(1)
}
