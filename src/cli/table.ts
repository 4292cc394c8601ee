const GAP = '  '

/** Text under each header; null where there is nothing to say. */
export type Row = readonly (string | null)[]

/**
 * Rows under their headers, as wide as they need; where a terminal of so many columns has no room, a block of lines for
 * each row, so that nothing is cut off.
 */
export function table(headers: readonly string[], rows: readonly Row[], columns: number): string {
  const layout = new Layout(headers)
  layout.measure(rows)
  return layout.head(columns) + layout.body(rows, columns)
}

/** A table of which no more is at hand than some rows: it measures all of them first, and shows them later. */
export class Layout {
  readonly #headers: readonly string[]
  readonly #widths: number[]
  #isBegun = false

  constructor(headers: readonly string[]) {
    this.#headers = headers
    this.#widths = headers.map(({ length }) => length)
  }

  measure(rows: readonly Row[]): void {
    for (const [index, width] of this.#widths.entries())
      this.#widths[index] = rows.reduce((most, row) => Math.max(most, textOf(row[index]).length), width)
  }

  head(columns: number): string {
    return this.#fits(columns) ? this.#line(this.#headers) : ''
  }

  /** The next rows. */
  body(rows: readonly Row[], columns: number): string {
    if (this.#fits(columns)) return rows.map((row) => this.#line(row)).join('')
    const blocks = rows.map((row) => block(this.#headers.map((name, index) => [name, row[index] ?? null])))
    const gap = this.#isBegun && rows.length > 0 ? '\n' : ''
    this.#isBegun ||= rows.length > 0
    return gap + blocks.join('\n')
  }

  #fits(columns: number): boolean {
    return this.#widths.reduce((sum, each) => sum + GAP.length + each, -GAP.length) <= columns
  }

  #line(row: Row): string {
    const cells = this.#widths.map((width, index) => textOf(row[index]).padEnd(width))
    return `${cells.join(GAP).trimEnd()}\n`
  }
}

function textOf(cell: string | null | undefined): string {
  return cell ?? '-'
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
