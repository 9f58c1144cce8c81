/**
 * The possible output of each command of Arma Reforger's own RCON.
 */
import { LOGOUT } from "../commandTable.ts"
import { trimBlanks } from "../patterns.ts"
import * as BansReply from "./bansReply.ts"
import { type Claim, type Expectation, isPlain, SILENT } from "./expectation.ts"
import { isLong, join } from "./messages.ts"
import * as Outcomes from "./outcomes.ts"
import * as PlayersReply from "./playersReply.ts"
import { LISTED, NUMBERED } from "./rows.ts"

const IMMEDIATE = { late: false, query: false } as const

const anyOf = (text: string): Claim => isPlain(text) ? "Perhaps" : "No"

/** The column titles of a list. */
const TITLES = /^\s*(?:\[Player#\] ;|\[BanID\] ;|- Identity Id \|)/

/** Other lines of a list: empty ones, dashes, and columns in an unknown form. */
const LIST_LINE = /^(?:$|-{3,}(?:\s|$)|[^;\n]{0,40} ;|- [^|\n]{0,40} \|)/

/**
 * A row after the first line. It proves that the text is part of a list, even if it begins with a name that looks like
 * an event.
 */
const ROW_BELOW = new RegExp(String.raw`\n(?:${NUMBERED}|${LISTED})`)

/**
 * Claims a message of a list, except its first. `last`: the message before. If `last` ends inside a name, and the rest
 * of the name looks like an event, the message is taken for an event.
 */
const continues = (text: string, last: string, row: RegExp): Claim => {
  if (row.test(text) || TITLES.test(text)) return "Surely"
  if (isLong(last)) return ROW_BELOW.test(text) ? "Surely" : anyOf(text)
  return LIST_LINE.test(trimBlanks(text)) ? anyOf(text) : "No"
}

const PLAYER_START = new RegExp(String.raw`^\s*${NUMBERED}`)

const PLAYERS: Expectation = {
  ...IMMEDIATE,
  query: true,
  claim: (text, last) =>
    last !== undefined
      ? continues(text, last, PLAYER_START)
      : PlayersReply.TITLE.test(text)
      ? "Surely"
      : Outcomes.ANY_REFUSED.test(trimBlanks(text))
      ? "Perhaps"
      : "No",
  pending: (texts) => {
    const last = texts.at(-1)
    if (last === undefined) return "Surely"
    if (!PlayersReply.TITLE.test(texts[0] ?? "")) return "Nothing"
    return isLong(last) ? "Likely" : "Perhaps"
  }
}

/** The start of a ban in either form. In the older one it looks like a player whose name is a number. */
const BAN_START = new RegExp(String.raw`^\s*(?:${LISTED}|${NUMBERED} \d{1,15}[ \r]*(?:\n|$))`)

/** A row at the start of a line. A name may imitate a row, but not at the start of a line. */
const BAN_LINE = new RegExp(`^${LISTED}`, "gm")

/** The minimum and maximum number of rows on the page, according to its heading. */
const rowsOf = ([, total, page, pages]: RegExpExecArray): { readonly least: number; readonly most: number } => {
  const [bans, number, last] = [Number(total), Number(page), Number(pages)]
  // The size of a full page is known, unless it contradicts the heading.
  const isKnown = Math.ceil(bans / BansReply.ROWS_A_PAGE) === last
  const size = isKnown
    ? { least: BansReply.ROWS_A_PAGE, most: BansReply.ROWS_A_PAGE }
    : { least: Math.ceil(bans / last), most: last > 1 ? Math.ceil(bans / (last - 1)) - 1 : bans }
  return number < last
    ? size
    : { least: bans - size.most * (last - 1), most: bans - size.least * (last - 1) }
}

/** Expects the page with this number, or any page. */
const bans = (page: string | undefined): Expectation => ({
  late: true,
  query: true,
  claim: (reply, last) => {
    const text = BansReply.withoutNotice(reply)
    const title = BansReply.TITLE.exec(text)
    if (title) return page === undefined || Number(title[2]) === Number(page) ? "Surely" : "No"
    if (BansReply.OLDER_TITLE.test(text)) return "Surely"
    const claim = Outcomes.claimOf(Outcomes.BAN_LIST, reply)
    return claim === "No" && last !== undefined && trimBlanks(BansReply.withoutNotice(last)) !== ""
      ? continues(text, last, BAN_START)
      : claim
  },
  pending: (texts) => {
    const content = texts.map(BansReply.withoutNotice).filter((text) => trimBlanks(text) !== "")
    const [first = "", last = first] = [content[0], content.at(-1)]
    if (content.length === 0) return "Surely"
    if (BansReply.OLDER_TITLE.test(first)) return isLong(last) ? "Likely" : "Perhaps"
    const title = BansReply.TITLE.exec(first)
    if (!title) return "Nothing"
    const { least, most } = rowsOf(title)
    const rows = [...join(content).matchAll(BAN_LINE)].length
    if (rows < least) return isLong(last) ? "Likely" : "Perhaps"
    // The name in the last row may be cut.
    return rows >= most && !(isLong(last) && !last.endsWith("\n")) ? "Nothing" : "Perhaps"
  }
})

/** Expects one message. */
const one = (texts: Outcomes.Texts, late: boolean): Expectation => ({
  late,
  query: false,
  claim: (text) => Outcomes.claimOf(texts, text),
  pending: (texts) => texts.length === 0 ? "Surely" : "Nothing"
})

const LAST_TEXT = new RegExp(`^(?:(?:${Outcomes.REFUSED})$|Help for ban command\\.)`, "i")

const ANYTHING: Expectation = {
  ...IMMEDIATE,
  claim: anyOf,
  pending: (texts) => LAST_TEXT.test(trimBlanks(texts.at(-1) ?? "")) ? "Nothing" : "Perhaps"
}

/** The expected output of a command, by its text. */
export const expectationOf = (command: string): Expectation => {
  const [name = "", verb = "", page] = command.trim().toLowerCase().split(/\s+/, 3)
  switch (name) {
    case "players":
    case "#players":
      return PLAYERS
    case "#kick":
      return one(Outcomes.KICK, false)
    case "#restart":
    case "#shutdown":
    case LOGOUT:
      return SILENT
    case "#ban":
      return verb === "create"
        ? one(Outcomes.BAN_CREATE, true)
        : verb === "remove"
        ? one(Outcomes.BAN_REMOVE, true)
        : verb === "list"
        ? bans(page)
        : ANYTHING
    default:
      return ANYTHING
  }
}

/** The expected output of a command that a person typed: any text that is not a known event can be its output. */
export const looseExpectationOf = (command: string): Expectation => {
  const strict = expectationOf(command)
  if (strict === SILENT) return strict
  return {
    ...strict,
    claim: (text, last) => {
      const claim = strict.claim(text, last)
      return claim === "No" ? anyOf(text) : claim
    },
    pending: (texts) => {
      const known = texts.filter((text, index) => strict.claim(text, texts[index - 1]) !== "No")
      if (texts.length === 0 || known.length > 0) return strict.pending(known)
      return strict.late && !strict.query ? "Likely" : "Perhaps"
    }
  }
}
