/**
 * Finds a secret in texts, including its encodings as base64, hexadecimal digits and numbers.
 */

/**
 * The forms of a secret in base64. They depend on its offset in a group of three bytes. Digits that also depend on neighbouring
 * bytes are left out.
 */
const base64 = (bytes: Buffer): ReadonlyArray<string> =>
  [0, 1, 2].map((offset) => {
    const skipped = Math.ceil((offset * 8) / 6)
    const whole = Math.floor(((offset + bytes.length) * 8) / 6)
    return Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64").slice(skipped, whole)
  })

const spellings = (secret: string): ReadonlyArray<string> => {
  const bytes = Buffer.from(secret)
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(JSON.stringify(secret)).slice(3, -3),
    encodeURIComponent(secret),
    bytes.toString("hex"),
    [...bytes].join(","),
    ...base64(bytes)
  ]
}

/** The texts in which a secret occurs. */
export const leaks = (texts: ReadonlyArray<string>, secret: string): ReadonlyArray<string> => {
  const spelled = spellings(secret)
  return texts.filter((text) => spelled.some((spelling) => text.includes(spelling)))
}
