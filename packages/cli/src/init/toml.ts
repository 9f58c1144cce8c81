/**
 * Adds a server to the text of a file of servers, or replaces it there. The rest of the text stays unchanged.
 */

/** The entry of a server in a file. */
export interface Entry {
  readonly host: string
  readonly port: number
  readonly flavour?: "BattlEye" | "Reforger" | undefined
  /** The file or variable that holds the password. */
  readonly password: { readonly passwordFile: string } | { readonly passwordVariable: string }
}

/** Whether a text is allowed as the id of a server. */
export const isId = (id: string): boolean => /^[A-Za-z0-9_-]{1,64}$/.test(id)

const table = (id: string, { flavour, host, password, port }: Entry): string =>
  Object.entries({ host, port, flavour, ...password })
    .filter(([, value]) => value !== undefined)
    // A string in JSON is a string in TOML, too.
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
    .join("").replace(/^/, `[servers.${id}]\n`)

const isHeader = (line: string): boolean => /^\s*\[/.test(line)

const isHeaderOf = (id: string) => (line: string): boolean =>
  new RegExp(`^\\s*\\[\\s*servers\\s*\\.\\s*(?:${id}|"${id}"|'${id}')\\s*\\]\\s*(?:#.*)?$`).test(line)

/** The end of the table that begins at `start`. Comments and empty lines before the next header belong to the next table. */
const endOf = (lines: ReadonlyArray<string>, start: number): number => {
  const next = lines.findIndex((line, at) => at > start && isHeader(line))
  let end = next === -1 ? lines.length : next
  while (end > start + 1 && /^\s*(?:#.*)?$/.test(lines[end - 1]!)) end--
  return end
}

/**
 * The text with the server added or, if a server with this id `exists`, replaced. `undefined` if it cannot be
 * replaced, because it is not written as a table of its own.
 */
export const withServer = (text: string, id: string, entry: Entry, exists: boolean): string | undefined => {
  const added = table(id, entry)
  if (!exists) return text.trim() === "" ? text + added : `${text.replace(/\n*$/, "\n\n")}${added}`
  const lines = text.split("\n")
  const start = lines.findIndex(isHeaderOf(id))
  if (start === -1) return undefined
  lines.splice(start, endOf(lines, start) - start, ...added.trimEnd().split("\n"))
  return lines.join("\n").replace(/\n*$/, "\n")
}
