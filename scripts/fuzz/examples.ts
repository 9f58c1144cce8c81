/**
 * The texts from which random texts are made. All are in the repository, so that a seed gives the same texts
 * everywhere.
 */
import { all } from "../../packages/client/test/corpus.ts"

const [synthetic] = all
const replies = (start: string): ReadonlyArray<string> => synthetic!.replies(start).map(([, text]) => text)

export const events = synthetic!.messages().map(({ text }) => text)
export const players = replies("players-")
export const bans = replies("bans-")
export const admins = replies("admins-")
export const lists = [...replies("missions-"), ...replies("commands-")]
export const versions = replies("version-")
export const reforger = [...replies("players-reforger"), ...replies("ban-"), ...replies("kick-")]

export const bansFiles = [
  "4fc867abf98b934e9e7eeaf15170258c -1 Cheating\r\n0123456789abcdef0123456789abcdef 1415673088 TeamKill, 1 day\r\n",
  "// a comment\n203.0.113.7 -1 Spam\n",
  "\ufeff203.0.113.7 8640000000000\n203.0.113.7 0 x\n"
]

export const serverCfgs = [
  "RConPassword secret\nRConPort 2306\nRestrictRCon 0\nMaxPing 200\n",
  "\ufeffrconpassword   x y\r\nRConIP 127.0.0.1\r\n\r\nRConPort\r\n"
]

/** The password in `serversFiles`. */
export const SECRET = "Xk9-Zebra"

export const serversFiles = [
  `[servers.altis]\nhost = "127.0.0.1"\nport = 2306\npassword = "${SECRET}"\nflavour = "BattlEye"\n`,
  `# two\n[servers.a]\nhost = "a"\nport = 2306\npasswordVariable = "A"\n[servers.b]\nhost = "b"\nport = 1\npasswordFile = "b.txt"\n`,
  `servers = { a = { host = "a", port = 65535, password = '''${SECRET}''' } }\n`,
  `[servers.b]\nhost = "b"\nport = 1\npassword = """\n[servers.a]\n[${SECRET}"""\n[servers.a]\nhost = "a"\nport = 2\npasswordVariable = "A"\n`
]

export const durations = ["90s", "1h30m", "7 d", "0.5w", "500ms", "12", "forever"]

export const shellLines = [
  "kick \"Cpt. \\\"Miller\\\"\" being rude",
  "ban 'Max (x)' 2h \"two words",
  "  say   hello  world ",
  "!players"
]

export const plans = [
  "0 4 * * *",
  "*/15 0-6 * 1,2 mon",
  "Europe/Berlin",
  "de-DE",
  "Restart in {remaining} at {time}",
  "altis"
]
