/**
 * The TypeScript code blocks of the documentation: of doc comments, READMEs, guides and `docs/`.
 */
import * as Fs from "node:fs"

export interface Block {
  readonly file: string
  /** The number of the block's first line of code in the file. */
  readonly line: number
  /** The rest of the line that opens the block. */
  readonly mark: string
  readonly text: string
}

/** A source file without the ` * ` at the start of comment lines. The line numbers stay the same. */
const unframed = (source: string): string => source.replaceAll(/^ *\*(?!\/) ?/gm, "")

const blocks = (root: string, file: string): ReadonlyArray<Block> => {
  const source = Fs.readFileSync(`${root}/${file}`, "utf8")
  const text = file.endsWith(".md") ? source : unframed(source)
  return Array.from(text.matchAll(/^( *)```ts\b(.*)\n([^]*?)^ *```$/gm), (found) => ({
    file,
    line: text.slice(0, found.index).split("\n").length + 1,
    mark: found[2]!.trim(),
    text: found[3]!.replaceAll(new RegExp(`^${found[1]!}`, "gm"), "")
  }))
}

/** The code blocks of all documents, and of the comments of all source files. `root` is the folder of the repository. */
export const allBlocks = (root: string): ReadonlyArray<Block> => {
  const documents = Fs.globSync(["*.md", "docs/**/*.md", "packages/*/*.md"], { cwd: root })
  const sources = Fs.globSync("packages/*/src/**/*.ts", { cwd: root }).filter((file) => !file.includes("/dist/"))
  return [...documents, ...sources].flatMap((file) => blocks(root, file))
}

/** Whether a block is a piece of a program of `packages/examples`, which other tests check and run. */
export const isPieceOfExample = (root: string): (block: Block) => boolean => {
  const programs = Fs.globSync("packages/examples/{src,test}/*.ts", { cwd: root }).map((file) =>
    Fs.readFileSync(`${root}/${file}`, "utf8")
  )
  return ({ text }) => programs.some((program) => program.includes(text))
}
