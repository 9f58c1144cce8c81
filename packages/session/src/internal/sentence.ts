/**
 * Puts sentences together.
 */

/** The text with a full stop, unless it ends like a sentence already. */
export const sentence = (text: string): string => /[.?!]$/.test(text) ? text : `${text}.`
