/**
 * Finds English that a stranger must read twice: riddles, conditions that begin with "where", machines that "know".
 *
 * This module is three things: a list of patterns, a plugin of oxlint whose rule `bercon/english` applies them to the
 * comments and strings of source files, and a program that applies them to Markdown files.
 *
 * A false alarm is allowed by a comment with a reason: `// oxlint-disable-next-line bercon/english -- REASON` in a
 * source file, and `<!-- english: REASON -->` before a paragraph of Markdown.
 */
import * as Fs from "node:fs"

interface Pattern {
  readonly pattern: RegExp
  readonly advice: string
  /** Texts that `pattern` must find. */
  readonly found: ReadonlyArray<string>
  /** Similar texts that `pattern` must not find. */
  readonly fine?: ReadonlyArray<string>
}

const patterns: ReadonlyArray<Pattern> = [
  {
    // "where" is allowed in questions, and after certain words: most of them name a place, such as "file".
    pattern: new RegExp(
      "(?<!\\b(?:file|folder|module|place|point|position|line|code|test|section|step|from|know|knows|see|and|or|ends?|begins?) )" +
        "\\bwhere\\b(?! (?:to|from)\\b)(?![^.;]*\\?)",
      "i"
    ),
    advice: "begin a condition with \"if\"",
    found: [
      "Where not, it fails",
      "It fails, where the server is silent",
      "Throws a RangeError where it is negative",
      "the same (where it is zero)"
    ],
    fine: ["a folder where the server keeps its files", "Where is keepalive?"]
  },
  {
    pattern: /(?<!there )\b(?:is|are|was|were|be|that) none\b|\bnone (?:is|are) (?:known|left|given|had)\b/i,
    advice: "name what is absent",
    found: ["a server that is none", "the time to wait for it is none"],
    fine: ["none of them is sent", "`Infinity` if there is none"]
  },
  {
    pattern: /\b(?:can|to) be had\b|\bof no more use\b|\bno longer of use\b/i,
    advice: "use a plain verb, or name the failure",
    found: ["no answer can be had", "the socket is of no more use"]
  },
  {
    pattern: /\bit is (?:looked(?! up)|waited|said|told|tried|asked|listened)\b|\bwhat is said\b/i,
    advice: "name the subject",
    found: ["before it is looked who is in the slot", "what is said twice"],
    fine: ["it is looked up"]
  },
  {
    pattern: /\b(?:whoever|whomever|whosoever|nobody|no one)\b/i,
    advice: "name the subject with a noun, or use the passive voice",
    found: ["for whoever reads them", "Nobody answered"]
  },
  {
    // A lower-case first word is allowed, because it begins the name of a test, which continues the name of its group:
    // "a command", "whose options throw".
    pattern: new RegExp(
      "(?:^(?:What|Who(?:m|se)?|Which)|[.:;] (?:[Ww]hat|[Ww]ho(?:m|se)?|[Ww]hich))\\b" +
        "(?! (?:is|are|was|were|does|do|did|can|may|should|must|has|have) [^.]*\\?)[^.?!:]*(?:[.!:]|$)"
    ),
    advice: "begin with a noun or a verb",
    found: ["What a client sends.", "What is sent.", "Which login this is.", "Sent twice. Who has it, reads it."],
    fine: ["Which number may a command carry?", "What is a slot?"]
  },
  {
    pattern: new RegExp(
      "\\b(?:server|client|session|machine|socket|driver|reply|list|table|type|header|log|clock|network)s? " +
        "(?:may |must |will |does not |do not |did not |has |have |itself )?" +
        "(?:tells?|told|knows?|known|says?|said|thinks?|minds?|believes?|wants?)\\b",
      "i"
    ),
    advice: "a machine sends, reports, supports or requires",
    found: ["all that the server tells", "servers say that", "the client does not know it"]
  },
  {
    pattern: /\b(?:tells?|told|telling) (?:of|apart|about)\b/i,
    advice: "use \"reports\" or \"distinguishes\"",
    found: ["it tells of a gap", "are told apart"]
  },
  {
    pattern: /\b(?:of|in|with|from|for|by|on|to|after|until) what (?:is|was|are|were|has|had|have|it|they|no|none)\b/i,
    advice: "replace \"what\" with a noun",
    found: ["a function of what is known", "waits for what is late", "in what it stores"],
    fine: ["it says what is wrong", "what is a slot?"]
  },
  {
    pattern: /\bwhat (?:came|comes|becomes|became) of\b/i,
    advice: "name the outcome",
    found: ["what became of the command"]
  },
  {
    pattern: /\bnot as (?:it|they) should be\b/i,
    advice: "use \"invalid\", or name the problem",
    found: ["the file is not as it should be"]
  },
  {
    pattern: /\bdefault: (?:it|they) (?:does|do|is|are)\b/i,
    advice: "name the default",
    found: ["Default: it does."]
  },
  {
    pattern: new RegExp(
      "\\b(?:have done with it|reckoned with|come again|is that one|else than|(?:for|of) whom|of which none)\\b",
      "i"
    ),
    advice: "rewrite it plainly",
    found: ["is that one come again", "something else than ASCII", "reckoned with"]
  },
  {
    pattern:
      /\b(?:bad|lossy) line\b|\ba line (?:that|which) (?:loses|has lost|drops)\b|\bthe line (?:loses|was bad)\b/i,
    advice: "say \"network\"",
    found: ["on a bad line", "on a line that loses half of the datagrams", "however the line loses"],
    fine: ["parses a line that a server sent", "the line is not a row"]
  },
  {
    pattern: /\bprints? of (?:the|a) list\b/i,
    advice: "a list is read: say \"reading\" or \"the list as it was read\"",
    found: ["two prints of the list", "the next print of the list"]
  },
  {
    pattern: /\b(?:somebody|someone)\b/i,
    advice: "name the person or the program: \"another admin\", \"another client\"",
    found: ["somebody else's", "a session that someone else owns"],
    fine: ["anyone who sees the traffic"]
  },
  {
    pattern: /\b(?:is|are|was|were) who\b(?![^.;]*\?)/i,
    advice: "use a noun",
    found: ["kicked is who is banned"],
    fine: ["The question is who is there?"]
  },
  {
    pattern: /(?<!\bas )\bof now\b/i,
    advice: "say \"current\"",
    found: ["the list of now"],
    fine: ["the error as of now"]
  },
  {
    pattern: /\banswers? no more\b(?! than\b)/i,
    advice: "say \"no longer answers\"",
    found: ["until the server answers no more"],
    fine: ["answers no more than once"]
  },
  {
    pattern: /\banother than\b/i,
    advice: "say \"different from\"",
    found: ["a port that is another than that of the profile"]
  },
  {
    pattern: /\bso (?:long|short|large|small|old|late|many) an? [a-z]/i,
    advice: "say \"a list of this length\"",
    found: ["So long a list does not fit into a reply"],
    fine: ["as long as a list"]
  },
  {
    pattern: /\bof (?:the|an?|its|their) \w+ of (?:the|an?|its|their) \w+ of\b/i,
    advice: "split the chain of \"of\"",
    found: ["the number of the row of the ban of a player"],
    fine: ["the number of a row of the list"]
  },
  {
    pattern: /\bbehind (?:the|its|their) backs?\b|\bthe latter\b/i,
    advice: "name it",
    found: ["behind the back of the engine", "The latter are not part of this repository"]
  }
]

/** The words that match a pattern in `text`, each with advice. Code in backquotes is ignored. */
export const findings = (text: string): ReadonlyArray<string> => {
  const plain = text.replaceAll(/```[^]*?```|`[^`]*`/g, "`").replaceAll(/\s+/g, " ").trim()
  if (!plain.includes(" ")) return []
  return patterns.flatMap(({ advice, pattern }) => {
    const found = pattern.exec(plain)
    return found === null ? [] : [`"${found[0].trim()}": ${advice}`]
  })
}

// -----------------------------------------------------------------------------
// source files: a plugin of oxlint
// -----------------------------------------------------------------------------

interface Node {
  readonly range: readonly [number, number]
}

interface Text extends Node {
  readonly type: string
  readonly value: unknown
}

interface Parented extends Node {
  readonly type: string
  readonly callee?: Node
  readonly parent: Parented
}

interface Context {
  readonly filename: string
  readonly sourceCode: { readonly getAllComments: () => ReadonlyArray<Text>; readonly text: string }
  readonly report: (report: { readonly node: Node; readonly message: string }) => void
}

const REASONLESS = /^\s*oxlint-disable(?!.* -- \S)/
const DIRECTIVE = /^\s*(?:oxlint-|Stryker |@ts-)/

/** The comments of a file, without `*` at the start of lines. Consecutive lines of `//` are one text. */
const comments = ({ getAllComments, text }: Context["sourceCode"]): ReadonlyArray<readonly [Node, string]> => {
  const found: Array<[node: Text, text: string]> = []
  let end = 0
  for (const comment of getAllComments()) {
    const value = String(comment.value)
    const last = found.at(-1)
    const continues = comment.type === "Line" && last?.[0].type === "Line" &&
      /^\n *$/.test(text.slice(end, comment.range[0])) && !DIRECTIVE.test(last[1]) && !DIRECTIVE.test(value)
    if (continues) last[1] += `\n${value}`
    else found.push([comment, value.replaceAll(/^\s*\*+/gm, "")])
    end = comment.range[1]
  }
  return found
}

/** Whether a string of a test is the name of a test or a group. All other strings of tests are data. */
const isName = ({ parent }: Parented, source: string): boolean => {
  const { callee } = parent.type === "TemplateLiteral" ? parent.parent : parent
  return callee !== undefined && /^(?:describe|it|test)\b/.test(source.slice(...callee.range))
}

const rule = {
  create: ({ filename, report, sourceCode }: Context) => {
    const isTest = /[/\\]test[/\\]/.test(filename)
    const check = (node: Node, text: string) => {
      for (const message of findings(text)) report({ node, message })
    }
    const checkString = (node: Parented, text: unknown) => {
      if (typeof text === "string" && (!isTest || isName(node, sourceCode.text))) check(node, text)
    }
    return {
      Program: () => {
        for (const [node, text] of comments(sourceCode)) {
          check(node, text)
          if (REASONLESS.test(text)) report({ node, message: "give a reason: oxlint-disable... RULE -- REASON" })
        }
      },
      Literal: (node: Parented & Text) => checkString(node, node.value),
      TemplateElement: (node: Parented & { readonly value: { readonly raw: string } }) =>
        checkString(node, node.value.raw)
    }
  }
}

export default { meta: { name: "bercon" }, rules: { english: rule } }

// -----------------------------------------------------------------------------
// Markdown: a program
// -----------------------------------------------------------------------------

/** Paragraphs, list items and table rows, with the number of their first line. Code blocks are left out. */
const paragraphs = (markdown: string): ReadonlyArray<{ readonly line: number; readonly text: string }> => {
  const blank = (code: string) => code.replaceAll(/[^\n]/g, "")
  let line = 1
  return markdown.replaceAll(/^ *```[^]*?^ *```$/gm, blank).split(/(?<=\n\n)|(?=^(?:[-*|]|\d+\.) )/m).map((text) => {
    const at = line + /^\n*/.exec(text)![0].length
    line += text.split("\n").length - 1
    return { line: at, text }
  })
}

if (import.meta.main) {
  const problems: Array<string> = []
  for (const { fine = [], found, pattern } of patterns) {
    for (const text of found) if (!pattern.test(text)) problems.push(`${pattern} does not find "${text}"`)
    for (const text of fine) if (pattern.test(text)) problems.push(`${pattern} finds "${text}"`)
  }
  for (
    const file of Fs.globSync([
      "*.md",
      "docs/**/*.md",
      "packages/*/*.md"
    ])
  ) {
    let allowed = false
    for (const { line, text } of paragraphs(Fs.readFileSync(file, "utf8"))) {
      if (!allowed) { for (const finding of findings(text)) problems.push(`${file}:${line}: ${finding}`) }
      if (text.trim() !== "") allowed = /^<!-- english: \S.* -->$/.test(text.trim())
    }
  }
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exit(1)
}
