/**
 * Shortens the values that errors repeat.
 */

/** Cuts a text after 100 characters. A longer one is usually a mistake, such as the content of a file. */
export const shortened = (text: string): string =>
  // The cut may be between the two halves of a character. The first half alone is left out.
  text.length > 100 ? `${text.slice(0, 100).replace(/[\uD800-\uDBFF]$/, "")}…` : text
