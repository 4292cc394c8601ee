import { PAGE_MAX } from '../../wire/administration.js'
import { type Option, UsageError } from '../command.js'
import type { Invocation } from './command.js'
import type { Connection } from './connection.js'

export const LIMIT: Option = { value: 'N', description: 'how many at most; all by default' }

export interface Listing<Item> {
  /** Without the query. */
  readonly path: string
  /** The member of the answer that holds the list. */
  readonly member: string
  readonly query: Readonly<Record<string, string | undefined>>
  /** What names an item to the page behind it. */
  readonly cursorOf: (item: Item) => string
}

interface Page<Item> {
  readonly items: readonly Item[]
  readonly more: boolean
}

/** The pages of a list, each asked for when the one before was taken, or as many items as --limit says. */
export async function* pages<Item>(
  connection: Connection,
  listing: Listing<Item>,
  limit: number,
): AsyncGenerator<readonly Item[], void> {
  let [last, left]: [Item | undefined, number] = [undefined, limit]
  for (;;) {
    const { items, more }: Page<Item> = await nextPage(connection, listing, last, Math.min(PAGE_MAX, left))
    if (items.length > 0) yield items
    last = items.at(-1)
    left -= items.length
    if (!more || left <= 0 || last === undefined) return
  }
}

/** All items at once, for lists that are short. */
export async function allPages<Item>(connection: Connection, listing: Listing<Item>, limit: number): Promise<Item[]> {
  const items: Item[] = []
  for await (const page of pages(connection, listing, limit)) items.push(...page)
  return items
}

/** The same list, of which only the last so many items are told: all of it is read once, and no page kept. */
export async function tailOf<Item>(
  connection: Connection,
  listing: Listing<Item>,
  count: number,
): Promise<Listing<Item>> {
  // The pages that may have the first item of the tail: what stands before each, and its length.
  const recent: { before: string | undefined; length: number }[] = []
  let [total, before] = [0, listing.query.after]
  for await (const page of pages(connection, listing, Number.POSITIVE_INFINITY)) {
    recent.push({ before, length: page.length })
    total += page.length
    while (recent[0] && total - recent[0].length >= count) total -= recent.shift()?.length ?? 0
    before = cursorOfLast(listing, page)
  }
  const [oldest] = recent
  if (oldest === undefined) return listing
  const from = { ...listing, query: { ...listing.query, after: oldest.before } }
  if (total <= count) return from
  const { items } = await nextPage(connection, from, undefined, total - count)
  return { ...from, query: { ...from.query, after: cursorOfLast(listing, items) } }
}

function cursorOfLast<Item>({ cursorOf }: Listing<Item>, page: readonly Item[]): string | undefined {
  const last = page.at(-1)
  return last === undefined ? undefined : cursorOf(last)
}

async function nextPage<Item>(
  connection: Connection,
  { path, member, query, cursorOf }: Listing<Item>,
  last: Item | undefined,
  limit: number,
): Promise<Page<Item>> {
  const parameters = new URLSearchParams({ limit: String(limit) })
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, value)
  if (last !== undefined) parameters.set('after', cursorOf(last))
  const answer = (await connection.call('GET', `${path}?${parameters.toString()}`)) as Readonly<Record<string, unknown>>
  return { items: answer[member] as readonly Item[], more: answer.more === true }
}

/** The number that --limit gives, or all. */
export function limitOf({ options: { limit } }: Invocation): number {
  return limit === undefined ? Number.POSITIVE_INFINITY : countOf('--limit', limit)
}

/** A number of items. */
export function countOf(option: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new UsageError(`${option} must be a whole number from 1 on, not ${text}`)
}
