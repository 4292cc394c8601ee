/** Members and elements of one JSON text: twice what the largest request has. */
export const JSON_VALUES_MAX = 4096

const [QUOTE, COMMA, BRACKET, BACKSLASH, BRACE] = [0x22, 0x2c, 0x5b, 0x5c, 0x7b]

/**
 * Whether a JSON text has more members and elements than any request, so that reading them all would hold the event
 * loop for long. Of what is no JSON it may say either.
 */
export function hasTooManyValues(text: string): boolean {
  if (text.length <= JSON_VALUES_MAX) return false
  let values = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (code === COMMA || code === BRACKET || code === BRACE) values += 1
    if (values > JSON_VALUES_MAX) return true
  }
  return false
}

/** Where the string ends that begins at `open`: at a quote without a backslash before it, or with an even number. */
function endOfString(text: string, open: number): number {
  const first = text.indexOf('"', open + 1)
  if (first < 0) return text.length
  if (text.charCodeAt(first - 1) !== BACKSLASH) return first
  for (let at = open + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === BACKSLASH) at += 1
    else if (code === QUOTE) return at
  }
  return text.length
}
