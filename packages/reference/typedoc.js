/**
 * The options of the API reference. `pnpm reference` builds it into `site/reference`.
 */
import { readFileSync } from "node:fs"
import { Comment, Converter, MinimalSourceFile, OptionDefaults, ReflectionKind } from "typedoc"
import { home, libraries, publicModulesOf, root } from "../../scripts/packages.ts"

/** The first comment of a file, without the stars and the tags at its end. */
const firstComment = (text) => {
  const [, lines = ""] = /^\/\*\*\n([^]*?)\n \*\//.exec(text) ?? []
  return lines.replaceAll(/^ \* ?/gm, "").replace(/^@[^]*/m, "")
}

/**
 * Names each module as it is imported, `@bercon/client/Ban` for example, and not by its file. The first comment of the
 * file becomes the module's, which TypeDoc does by itself only if it has a tag that Effect's conventions do not have.
 *
 * @param {import("typedoc").Application} app
 */
const modules = (app) => {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      module.name = module.name.replace(/^packages\/(\w+)\/src\//, "@bercon/$1/")
      const path = module.sources[0].fullFileName
      const file = new MinimalSourceFile(firstComment(readFileSync(path, "utf8")), path)
      const { content } = app.converter.parseRawComment(file, project.files)
      if (content.length > 0) module.comment = new Comment(content)
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
  // Static members that the classes of Effect have are documented there.
  excludeExternals: true,
  treatWarningsAsErrors: true,
  requiredToBeDocumented: ["Class", "Enum", "Function", "Interface", "TypeAlias", "Variable"],
  packagesRequiringDocumentation: libraries.map(({ manifest }) => manifest.name),
  validation: { invalidLink: true, invalidPath: true, notDocumented: true, notExported: true, rewrittenLink: true },
  highlightLanguages: [...OptionDefaults.highlightLanguages, "toml"],
  categorizeByGroup: false,
  navigation: { includeCategories: true, includeFolders: true },
  sort: ["source-order"],
  disableGit: true,
  basePath: root,
  gitRevision: "main",
  sourceLinkTemplate: `${home}/blob/{gitRevision}/{path}#L{line}`
}
