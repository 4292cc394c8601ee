/**
 * Writes to stdout, so that what others wrote, into a file name or a database, tells the terminal nothing. A reader
 * such as head(1) may have seen enough.
 */
export function print(text: string): void {
  process.stdout.once('error', unwritten)
  process.stdout.write(visible(text))
}

/** The same piece by piece, each made when whoever reads has taken the one before. */
export async function printPieces(pieces: AsyncIterable<string>): Promise<void> {
  const stdout = process.stdout
  stdout.on('error', unwritten)
  for await (const piece of pieces) {
    await new Promise<void>((resolve) => stdout.write(visible(piece), () => resolve()))
    if (stdout.destroyed) return
  }
}

function unwritten({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return
  complain(`hermes: The answer cannot be written: ${message}\n`)
  process.exit(1)
}

/** The same, for a command that has nothing else to do. */
export function printed(text: string): 0 {
  print(text)
  return 0
}

/** How wide the terminal is; what is no terminal, or one that does not say it, takes any width. */
export function terminalColumns(): number {
  return (process.stdout.isTTY && process.stdout.columns) || Number.POSITIVE_INFINITY
}

/** The same to stderr. */
export function complain(text: string): void {
  process.stderr.write(visible(text))
}

/** Between two pictures it makes one of them, and does nothing else. */
const JOINER = /\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]?\u200d(?=\p{Extended_Pictographic})/u
/** Letters and marks that nobody sees [Unicode 16, Default_Ignorable_Code_Point]. */
const BLANK = '\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u3164\\uffa0'
const HIDDEN = new RegExp(`(${JOINER.source})|[^\\P{C}\\n]|[\\p{Zl}\\p{Zp}${BLANK}]`, 'gu')

/**
 * As JSON escapes it, so that JSON says the same: controls, what turns the direction of text, what shows nothing, and
 * what ends a line for some who read lines, as node:readline does.
 */
export function visible(text: string): string {
  return text.replace(HIDDEN, (found, joined: string | undefined) => joined ?? escaped(found))
}

function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}
