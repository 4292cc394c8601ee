import { rows, type Work } from '../work.js'

interface Change {
  readonly conversationId: number
  readonly uuid: string
  readonly seq: number
  readonly type: 'started' | 'joined' | 'left'
  /** JSON. */
  readonly body: string
}

interface Stay {
  readonly uuid: string
  readonly username: string
  readonly fromSeq: number
  readonly toSeq: number | null
}

/** Events that are in memory at once. */
const PAGE = 500

const CHANGES = `
  SELECT e."conversationId", c."uuid", e."seq", e."type", e."body"
  FROM "Event" e JOIN "Conversation" c ON c."id" = e."conversationId"
  WHERE e."type" IN ('started', 'joined', 'left') AND (e."conversationId", e."seq") > ($1, $2)
  ORDER BY e."conversationId", e."seq" LIMIT ${PAGE}`

const STAYS = `
  SELECT c."uuid", u."username", p."fromSeq", p."toSeq"
  FROM "Participant" p JOIN "Conversation" c ON c."id" = p."conversationId" JOIN "User" u ON u."id" = p."userId"`

/** Messages go with retention, and no other event: the last one may be missing, but none can be behind it. */
const BEHIND = `
  SELECT c."uuid" FROM "Conversation" c
  WHERE c."lastSeq" < (SELECT max("seq") FROM "Event" e WHERE e."conversationId" = c."id")`

const keyOf = ({ uuid, username, fromSeq }: Pick<Stay, 'uuid' | 'username' | 'fromSeq'>) =>
  `${uuid} ${username} ${fromSeq}`

/**
 * Compares the stays that are stored with those that the log tells of; a sentence for each difference, so many at most.
 */
export function* memberProblems(max: number): Work<readonly string[]> {
  const told = yield* toldStays()
  const behind = yield* rows<Pick<Stay, 'uuid'>>(BEHIND)
  const problems = behind.map(({ uuid }) => `conversation ${uuid} has events behind its last`)
  for (const stay of yield* rows<Stay>(STAYS)) {
    const expected = told.get(keyOf(stay))
    told.delete(keyOf(stay))
    if (expected === undefined) problems.push(`${describe(stay)}, of which the log knows nothing`)
    else if (expected !== stay.toSeq) problems.push(`${describe(stay)}, but the log has ${expected ?? 'no end of it'}`)
  }
  for (const key of told.keys()) problems.push(`a stay that the log tells of is not stored: ${key}`)
  return problems.slice(0, max)
}

function describe({ uuid, username, fromSeq, toSeq }: Stay): string {
  return `conversation ${uuid}: ${username} is stored as a member from ${fromSeq} to ${toSeq ?? 'now'}`
}

/** The end of each stay that the log tells of, null where it goes on. */
function* toldStays(): Work<Map<string, number | null>> {
  const stays = new Map<string, number | null>()
  const open = new Map<string, number>()
  for (let page: readonly Change[] = yield* changesBehind(null); ; page = yield* changesBehind(page.at(-1) ?? null)) {
    for (const { uuid, seq, type, body } of page) {
      const username = usernameIn(body)
      const who = `${uuid} ${username}`
      const fromSeq = open.get(who)
      if (type !== 'left') {
        open.set(who, seq)
        stays.set(keyOf({ uuid, username, fromSeq: seq }), null)
      } else if (fromSeq !== undefined) stays.set(keyOf({ uuid, username, fromSeq }), seq)
    }
    if (page.length < PAGE) return stays
  }
}

const changesBehind = (last: Change | null): Work<readonly Change[]> =>
  rows<Change>(CHANGES, last?.conversationId ?? 0, last?.seq ?? 0)

/** Whose stay begins or ends; what is no event of Hermes is nobody's. */
function usernameIn(body: string): string {
  try {
    const { member, from } = JSON.parse(body)
    return String(member?.username ?? from?.username)
  } catch {
    return 'nobody'
  }
}
