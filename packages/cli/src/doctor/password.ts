/**
 * Finds oddities of a password, without revealing it.
 */

/** A blank that a keyboard makes. */
const BLANK = /[ \t]/

/** Characters that look like a blank, or are invisible, and come with copied text. Line breaks are among them. */
const INVISIBLE = /[^\P{C}\t]|[\p{Z}\p{Default_Ignorable_Code_Point}]/u

const names: Readonly<Record<number, string>> = {
  0x00: "NUL",
  0x0a: "a line feed",
  0x0d: "a carriage return",
  0xa0: "a no-break space",
  0x200b: "a zero width space",
  0x200e: "a left-to-right mark",
  0x200f: "a right-to-left mark",
  0xfeff: "a byte order mark"
}

const nameOf = (character: string): string => {
  const code = character.codePointAt(0)!
  const number = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`
  const name = names[code]
  return name === undefined ? `the invisible character ${number}` : `${name} (${number})`
}

const placeOf = (at: number, length: number): string =>
  at === 0 ? "it begins with" : at === length - 1 ? "it ends with" : "it contains"

/** The oddities, in words that follow "the password:". Empty if there are none. */
export const oddities = (password: string): ReadonlyArray<string> => {
  if (password === "") return ["it is empty"]
  const characters = Array.from(password)
  const found = characters.flatMap((character, at) => {
    const place = placeOf(at, characters.length)
    if (BLANK.test(character)) return [`${place} ${character === "\t" ? "a tab" : "a blank"}`]
    return INVISIBLE.test(character) ? [`${place} ${nameOf(character)}`] : []
  })
  if (characters.some((character) => character > "\x7f" && !INVISIBLE.test(character))) {
    found.push("it has characters that are not ASCII, and the server may use another encoding")
  }
  if (/^(["'`]).*\1$/s.test(password) && characters.length > 2) found.push("it is in quotes, which count as part of it")
  return Array.from(new Set(found))
}

/** The password that was probably intended: without invisible characters, and without blanks and quotes around it. */
export const cleaned = (password: string): string => {
  const visible = Array.from(password).filter((character) => BLANK.test(character) || !INVISIBLE.test(character))
  const bare = visible.join("").trim()
  return /^(["'`]).+\1$/s.test(bare) ? bare.slice(1, -1) : bare
}
