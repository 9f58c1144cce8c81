/**
 * Recognises replies by which BattlEye servers refuse an action. A reply without words is no refusal: most actions have no
 * other.
 */

/** How the first line of a refusal reads. More may follow. */
const REFUSAL = /^(?:player is unable to receive the message|invalid\b|[^\n]{0,80}\bnot found\b)/i

/** The longest text that is taken for a refusal. A longer one is a list or a help text. */
const LONGEST = 400

export const isRefusal = (reply: string): boolean => reply.length <= LONGEST && REFUSAL.test(reply.trimStart())
