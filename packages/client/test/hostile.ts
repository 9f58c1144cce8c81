/**
 * Generates names and texts that imitate the texts of servers.
 */
import { Arbitrary, Schema } from "effect"

const fragments = [
  "a",
  "Bob",
  "Якса",
  "™",
  "é",
  "\ud800",
  " ",
  "  ",
  "(",
  ")",
  "[x]",
  "\"",
  "-",
  "#5",
  ": ",
  ") ",
  "(F)",
  "(OK)",
  "(?)",
  "(Lobby)",
  "(Global) ",
  "(1 players in total)",
  "(203.0.113.7:2304)",
  " connected",
  " disconnected",
  " - GUID: ",
  " (-) has been kicked by BattlEye: ",
  "Player #1 ",
  "0123456789abcdef0123456789abcdef"
]

/** A name without line breaks, built from text that confuses parsers. It may be empty. */
export const name: Arbitrary.Arbitrary<string> = Arbitrary.array(
  Arbitrary.schema(Schema.Literals(fragments)),
  { maxLength: 6 }
).pipe(Arbitrary.map((parts) => parts.join("")))

/**
 * A `name` that may also contain NUL, tabs, and characters that end a line for some programs. It does not end with
 * characters that parsers remove at the end of a text.
 */
export const anyName: Arbitrary.Arbitrary<string> = Arbitrary.array(
  Arbitrary.all([
    name,
    Arbitrary.schema(Schema.Literals(["\u2028", "\u2029", "\u0085", "\v", "\f", "\r", "\0", "\t"]))
  ]),
  { maxLength: 3 }
).pipe(Arbitrary.map((parts) => parts.flat().join("").replace(/[\r\0][\r\0 \t]*$/, "")))

/** Texts with or without the beginning of a message, and a hostile continuation. */
export const text: Arbitrary.Arbitrary<string> = Arbitrary.all([
  Arbitrary.schema(Schema.Literals([
    "",
    "Player #1 ",
    "Player #99999999999 ",
    "(Side) ",
    "(Nowhere) ",
    "RCon admin #0 ",
    "RCon admin #0: (Global) ",
    "RCon admin #0: (To ",
    "Verified GUID (0123456789abcdef0123456789abcdef) of player #0 ",
    "Scripts Log: #3 "
  ])),
  name,
  Arbitrary.schema(Schema.String),
  name
]).pipe(Arbitrary.map((parts) => parts.join("")))
