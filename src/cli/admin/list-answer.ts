import { Layout, type Row } from '../table.js'
import type { Connection } from './connection.js'
import { type Listing, pages } from './pages.js'

/** A list that may be longer than memory: what is written of it is made page by page. */
export interface ListAnswer {
  readonly isList: true
  json(): AsyncIterable<string>
  text(columns: number): AsyncIterable<string>
}

interface View<Item> {
  readonly headers: readonly string[]
  readonly rowOf: (item: Item) => Row
}

export function listAnswer<Item>(
  connection: Connection,
  listing: Listing<Item>,
  limit: number,
  view: View<Item>,
): ListAnswer {
  const read = () => pages(connection, listing, limit)
  return {
    isList: true,
    json: () => jsonOf(listing.member, read()),
    text: (columns) => tableOf(read, listing.cursorOf, view, columns),
  }
}

/** As JSON.stringify writes `{member: items}` with an indent of 2. */
async function* jsonOf(member: string, read: AsyncIterable<readonly unknown[]>) {
  let before = `{\n  ${JSON.stringify(member)}: [`
  for await (const items of read) {
    const texts = items.map((item) => `\n    ${JSON.stringify(item, null, 2).replaceAll('\n', '\n    ')}`)
    yield before + texts.join(',')
    before = ','
  }
  yield before === ',' ? '\n  ]\n}\n' : `${before}]\n}\n`
}

/** Read twice: how wide a column is, the last row may say. */
async function* tableOf<Item>(
  read: () => AsyncIterable<readonly Item[]>,
  cursorOf: (item: Item) => string,
  { headers, rowOf }: View<Item>,
  columns: number,
) {
  const layout = new Layout(headers)
  let last: Item | undefined
  for await (const items of read()) {
    layout.measure(items.map(rowOf))
    last = items.at(-1)
  }
  yield layout.head(columns)
  if (last === undefined) return
  const end = cursorOf(last)
  for await (const items of read()) {
    const index = items.findIndex((item) => cursorOf(item) === end)
    // What came meanwhile was not measured.
    yield layout.body((index < 0 ? items : items.slice(0, index + 1)).map(rowOf), columns)
    if (index >= 0) return
  }
}
