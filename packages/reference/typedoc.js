/**
 * The options of the API reference. `pnpm reference` builds it into `site/reference`.
 */
import { readFileSync } from "node:fs"
import { Comment, CommentTag, Converter, MinimalSourceFile, OptionDefaults, ReflectionKind } from "typedoc"
import { home, libraries, publicModulesOf, root } from "../../scripts/packages.ts"

/** The first comment of a file, without the `*` of each line and the tags at the end. */
const firstComment = (text) => {
  const [, lines = ""] = /^\/\*\*\n([^]*?)\n \*\//.exec(text) ?? []
  return lines.replaceAll(/^ \* ?/gm, "").replace(/^@[^]*/m, "")
}

/** The level in the tag `@stability` of a file's first comment. */
const stability = (text) => /^ \* @stability (\w+)$/m.exec(text.slice(0, text.indexOf("*/")))?.[1]

/**
 * Names each module as it is imported, `@bercon/client/Ban` for example, and not by its file. Makes the first comment of
 * the file the module's comment, with its stability. TypeDoc does so itself only for comments with `@module`, which Effect's conventions omit.
 *
 * @param {import("typedoc").Application} app
 */
const modules = (app) => {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      module.name = module.name.replace(/^packages\/(\w+)\/src\//, "@bercon/$1/")
      const path = module.sources[0].fullFileName
      const text = readFileSync(path, "utf8")
      const file = new MinimalSourceFile(firstComment(text), path)
      const { content } = app.converter.parseRawComment(file, project.files)
      const tag = new CommentTag("@stability", [{ kind: "text", text: stability(text) ?? "unknown" }])
      if (content.length > 0) module.comment = new Comment(content, [tag])
    }
  })
}

/** @type {import("typedoc").TypeDocOptions} */
export default {
  name: "bercon",
  plugin: [modules],
  tsconfig: "tsconfig.site.json",
  entryPoints: libraries.flatMap(({ folder }) =>
    publicModulesOf(folder).map((module) => `../${folder}/src/${module}.ts`)
  ),
  out: "../../site/reference",
  readme: "index.md",
  // `tsc -b` checks the types, with the compiler of the repository.
  skipErrorChecking: true,
  // Leaves out static members that come from Effect's classes. Effect documents them.
  excludeExternals: true,
  treatWarningsAsErrors: true,
  requiredToBeDocumented: ["Class", "Enum", "Function", "Interface", "TypeAlias", "Variable"],
  packagesRequiringDocumentation: libraries.map(({ manifest }) => manifest.name),
  validation: { invalidLink: true, invalidPath: true, notDocumented: true, notExported: true, rewrittenLink: true },
  highlightLanguages: [...OptionDefaults.highlightLanguages, "toml"],
  blockTags: [...OptionDefaults.blockTags, "@stability"],
  categorizeByGroup: false,
  navigation: { includeCategories: true, includeFolders: true },
  sort: ["source-order"],
  disableGit: true,
  basePath: root,
  gitRevision: "main",
  sourceLinkTemplate: `${home}/blob/{gitRevision}/{path}#L{line}`
}
