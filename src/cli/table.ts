const GAP = '  '

/** Text under each header; null where there is nothing to say. */
export type Row = readonly (string | null)[]

/**
 * Rows under their headers, as wide as they need; where a terminal of so many columns has no room, a block of lines for
 * each row, so that nothing is cut off.
 */
export function table(headers: readonly string[], rows: readonly Row[], columns: number): string {
  const lines = [headers, ...rows.map((row) => row.map((cell) => cell ?? '-'))]
  const widths = headers.map((_, index) => widest(lines.map((line) => line[index] ?? '')))
  const width = widths.reduce((sum, each) => sum + GAP.length + each, -GAP.length)
  if (width > columns)
    return rows.map((row) => block(headers.map((name, index) => [name, row[index] ?? null]))).join('\n')
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, index) => cell.padEnd(widths[index] ?? 0))
          .join(GAP)
          .trimEnd()}\n`,
    )
    .join('')
}

/** One line for each name and value; what has no value is left out. */
export function block(entries: readonly (readonly [name: string, value: string | null])[]): string {
  const width = widest(entries.map(([name]) => name))
  return entries.map(([name, value]) => (value === null ? '' : `${name.padEnd(width)}${GAP}${value}\n`)).join('')
}

/** A time of the wire for people: UTC, to the minute. */
export function minute(timestamp: string): string {
  return `${timestamp.slice(0, 16).replace('T', ' ')}Z`
}

/** Rows may be many: `Math.max(...)` would not take them. */
function widest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, text.length), 0)
}
