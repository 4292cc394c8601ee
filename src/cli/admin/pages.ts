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

/** All items of a list, page by page, or as many as --limit says. */
export async function allPages<Item>(connection: Connection, listing: Listing<Item>, limit: number): Promise<Item[]> {
  const items: Item[] = []
  for (;;) {
    const page = await nextPage(connection, listing, items.at(-1), Math.min(PAGE_MAX, limit - items.length))
    items.push(...page.items)
    if (!page.more || items.length >= limit) return items
  }
}

async function nextPage<Item>(
  connection: Connection,
  { path, member, query, cursorOf }: Listing<Item>,
  last: Item | undefined,
  limit: number,
): Promise<{ items: readonly Item[]; more: boolean }> {
  const parameters = new URLSearchParams({ limit: String(limit) })
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, value)
  if (last !== undefined) parameters.set('after', cursorOf(last))
  const answer = (await connection.call('GET', `${path}?${parameters.toString()}`)) as Readonly<Record<string, unknown>>
  return { items: answer[member] as readonly Item[], more: answer.more === true }
}

/** The number that --limit gives, or all. */
export function limitOf({ options: { limit } }: Invocation): number {
  if (limit === undefined) return Number.POSITIVE_INFINITY
  if (/^[1-9]\d{0,8}$/.test(limit)) return Number(limit)
  throw new UsageError(`--limit must be a whole number from 1 on, not ${limit}`)
}
