/**
 * Reads the declarations that a module exports from its `.d.ts`.
 *
 * The files are only parsed, not type-checked, because `tsc` has already written out every inferred type.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import ts from "typescript"

interface Declaration {
  /** The name by which the report is sorted. That of an exported namespace's member is `Namespace.name`. */
  readonly name: string
  /** Orders declarations with the same name, such as a schema and its type. Overloads of a function stay in their order. */
  readonly kind: ts.SyntaxKind
  readonly text: string
}

const NOT_EXPORTED = "not exported"

const printer = ts.createPrinter({ removeComments: true })

const parse = (file: string): ts.SourceFile =>
  ts.createSourceFile(file, Fs.readFileSync(file, "utf8"), ts.ScriptTarget.Latest, false)

const pathOf = (file: string, specifier: string): string =>
  Path.join(Path.dirname(file), specifier.replace(/\.ts$/, ".d.ts"))

const specifierOf = (node: ts.ImportDeclaration | ts.ExportDeclaration): string | undefined =>
  node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : undefined

/** Whether an imported module is internal to its package. The declarations of internal modules are copied into the report. */
const isInternal = (specifier: string): boolean => specifier.startsWith("./internal/")

const namesOf = (statement: ts.Statement): ReadonlyArray<string> => {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => ts.isIdentifier(name) ? name.text : "")
  }
  if (
    ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement) || ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) || ts.isModuleDeclaration(statement)
  ) {
    return statement.name === undefined ? [] : [statement.name.text]
  }
  return []
}

/**
 * The declarations in a file with the wanted names. `note` is shown before each of them. `namespace`: the name of the namespace
 * that exports the file, with a dot. It is the default of `note`.
 */
const declared = (
  file: string,
  isWanted: (name: string) => boolean,
  { namespace = "", note = namespace }: { readonly namespace?: string; readonly note?: string } = {}
): ReadonlyArray<Declaration> => {
  const source = parse(file)
  return source.statements.flatMap((statement) => {
    const names = namesOf(statement)
    // The base of an Effect class is a separate declaration, `Name_base`, which is not exported.
    if (!names.some((name) => isWanted(name.replace(/_base$/, "")))) return []
    const text = printer.printNode(ts.EmitHint.Unspecified, statement, source).replace(/^export declare /, "export ")
    return [{ name: namespace + names[0]!, kind: statement.kind, text: note === "" ? text : `/* ${note} */ ${text}` }]
  })
}

const exportsOf = (file: string, node: ts.ExportDeclaration, imports: ReadonlyMap<string, string>) => {
  const specifier = specifierOf(node)
  const clause = node.exportClause
  if (specifier !== undefined && !isInternal(specifier)) {
    const text = (exported: ts.ExportDeclaration) => printer.printNode(ts.EmitHint.Unspecified, exported, parse(file))
    const { kind } = node
    if (clause === undefined || ts.isNamespaceExport(clause)) return [{ name: specifier, kind, text: text(node) }]
    return clause.elements.map((element): Declaration => {
      const only = ts.factory.updateNamedExports(clause, [element])
      const { attributes, isTypeOnly, modifiers, moduleSpecifier } = node
      return {
        name: element.name.text,
        kind,
        text: text(ts.factory.updateExportDeclaration(node, modifiers, isTypeOnly, only, moduleSpecifier, attributes))
      }
    })
  }
  if (clause === undefined) return specifier === undefined ? [] : declared(pathOf(file, specifier), () => true)
  if (ts.isNamespaceExport(clause)) {
    return specifier === undefined
      ? []
      : declared(pathOf(file, specifier), () => true, { namespace: `${clause.name.text}.` })
  }
  return clause.elements.flatMap((element) => {
    const name = (element.propertyName ?? element.name).text
    const from = specifier ?? imports.get(name)
    return from === undefined ? [] : declared(pathOf(file, from), (other) => other === name)
  })
}

/**
 * The texts of all declarations that a module exports, and of the internal declarations that these use, sorted by name.
 * The internal ones are marked as not exported.
 */
export const declarationsOf = (file: string): ReadonlyArray<string> => {
  const source = parse(file)
  const imports = new Map<string, string>()
  for (const statement of source.statements) {
    const specifier = ts.isImportDeclaration(statement) ? specifierOf(statement) : undefined
    if (specifier === undefined || !isInternal(specifier)) continue
    const bindings = (statement as ts.ImportDeclaration).importClause?.namedBindings
    if (bindings === undefined) continue
    if (ts.isNamespaceImport(bindings)) imports.set(bindings.name.text, specifier)
    else for (const { name } of bindings.elements) imports.set(name.text, specifier)
  }

  const declarations = source.statements.flatMap((statement) =>
    ts.isExportDeclaration(statement) ? exportsOf(file, statement, imports) : []
  )
  const exported = new Set(declarations.map(({ name }) => name))
  const named = [...imports].flatMap(([name, specifier]) =>
    exported.has(name) ? [] : declared(pathOf(file, specifier), (other) => other === name, { note: NOT_EXPORTED })
  )
  return [...declared(file, () => true), ...declarations, ...named]
    .sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : a.kind - b.kind)
    .map(({ text }) => text)
}
