import type { Database } from 'better-sqlite3'

interface Change {
  readonly uuid: string
  readonly seq: number
  readonly type: 'started' | 'joined' | 'left'
  /** Whose stay begins or ends. */
  readonly username: string
}

interface Stay {
  readonly uuid: string
  readonly username: string
  readonly fromSeq: number
  readonly toSeq: number | null
}

const CHANGES = `
  SELECT c."uuid", e."seq", e."type",
    coalesce(json_extract(e."body", '$.member.username'), json_extract(e."body", '$.from.username')) AS "username"
  FROM "Event" e JOIN "Conversation" c ON c."id" = e."conversationId"
  WHERE e."type" IN ('started', 'joined', 'left') ORDER BY e."conversationId", e."seq"`

const STAYS = `
  SELECT c."uuid", u."username", p."fromSeq", p."toSeq"
  FROM "Participant" p JOIN "Conversation" c ON c."id" = p."conversationId" JOIN "User" u ON u."id" = p."userId"`

/** Messages go with retention, and no other event: the last one may be missing, but none can be behind it. */
const BEHIND = `
  SELECT c."uuid" FROM "Conversation" c
  WHERE c."lastSeq" < (SELECT max("seq") FROM "Event" e WHERE e."conversationId" = c."id")`

const keyOf = ({ uuid, username, fromSeq }: Pick<Stay, 'uuid' | 'username' | 'fromSeq'>) =>
  `${uuid} ${username} ${fromSeq}`

/** Compares the stays that are stored with those that the log tells of; a sentence for each difference, so many at most. */
export function checkMembers(db: Database, max: number): readonly string[] {
  const told = staysOf(db.prepare<[], Change>(CHANGES).iterate())
  const problems = db
    .prepare<[], string>(BEHIND)
    .pluck()
    .all()
    .map((uuid) => `conversation ${uuid} has events behind its last`)
  for (const stay of db.prepare<[], Stay>(STAYS).iterate()) {
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
function staysOf(changes: Iterable<Change>): Map<string, number | null> {
  const stays = new Map<string, number | null>()
  const open = new Map<string, number>()
  for (const { uuid, seq, type, username } of changes) {
    const who = `${uuid} ${username}`
    const fromSeq = open.get(who)
    if (type !== 'left') {
      open.set(who, seq)
      stays.set(keyOf({ uuid, username, fromSeq: seq }), null)
    } else if (fromSeq !== undefined) stays.set(keyOf({ uuid, username, fromSeq }), seq)
  }
  return stays
}
