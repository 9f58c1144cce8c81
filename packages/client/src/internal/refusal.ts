/**
 * Recognises replies by which BattlEye servers refuse an action. An empty reply is not a refusal: most actions that
 * succeed have an empty reply.
 */

/** The first line of a refusal. More lines may follow. */
const REFUSAL = /^(?:player is unable to receive the message|invalid\b|[^\n]{0,80}\bnot found\b)/i

/** Maximum length of a refusal. A longer text is a list or a help text. */
const LONGEST = 400

export const isRefusal = (reply: string): boolean => reply.length <= LONGEST && REFUSAL.test(reply.trimStart())
