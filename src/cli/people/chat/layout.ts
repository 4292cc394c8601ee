/** Marks that have room of their own (Mc) take some in many terminals. */
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u
/** Those of EastAsianWidth.txt of Unicode 16, and pictures. */
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2ff}\u{1d300}-\u{1d376}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}])$/u
/** Makes a picture of the sign before it, as wide as others. */
const PICTURE = '\ufe0f'

/** Columns that a terminal gives a text, or a few more. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text)
    width += character === PICTURE ? 1 : NO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1
  return width
}

/** As much of it as has room, with … where something is left out. */
export function clipped(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  return `${chunkOf(text, columns - 1)}…`
}

/**
 * A text behind what says whose it is. Further lines begin with spaces: whatever somebody writes, and however wide the
 * terminal is, he cannot begin one as if he were somebody else.
 */
export function wrapped(prefix: string, text: string, columns: number): readonly string[] {
  const isLong = widthOf(prefix) > columns / 2
  const indent = ' '.repeat(isLong ? 2 : widthOf(prefix))
  const room = Math.max(1, columns - indent.length)
  const lines = text.split('\n').flatMap((line) => rows(line, room))
  if (isLong) return [prefix.trimEnd(), ...lines.map((line) => `${indent}${line}`)]
  return lines.map((line, index) => `${index === 0 ? prefix : indent}${line}`.trimEnd())
}

function rows(line: string, room: number): readonly string[] {
  const found: string[] = []
  let rest = line
  while (widthOf(rest) > room) {
    const chunk = chunkOf(rest, room)
    const space = chunk.lastIndexOf(' ')
    const end = rest[chunk.length] === ' ' || space <= 0 ? chunk.length : space
    found.push(rest.slice(0, end))
    rest = rest.slice(end).replace(/^ /, '')
  }
  return [...found, rest]
}

/** The beginning that has room; one character at least. */
function chunkOf(text: string, room: number): string {
  let chunk = ''
  for (const character of text) {
    if (chunk !== '' && widthOf(chunk + character) > room) break
    chunk += character
  }
  return chunk
}
