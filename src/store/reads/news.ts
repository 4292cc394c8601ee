import type { Known, News } from '../news.js'
import { numberPairs, type Readers, rows, type Work } from '../work.js'

const CONVERSATIONS = `
  SELECT c."id" AS "conversationId", c."lastSeq"
  FROM ${numberPairs('$1')} AS k JOIN "Conversation" c ON c."id" = k."of" AND c."lastSeq" <> k."value"`

const MEMBERSHIPS = `
  SELECT p."userId", p."conversationId", c."uuid", c."lastSeq"
  FROM ${numberPairs('$1')} AS u
    JOIN "Participant" p ON p."userId" = u."of" AND p."toSeq" IS NULL
    JOIN "Conversation" c ON c."id" = p."conversationId"
    LEFT JOIN ${numberPairs('$2')} AS k ON k."of" = p."userId" AND k."value" = p."conversationId"
  WHERE k."of" IS NULL`

const NOTICES = `
  SELECT k."of" AS "deviceId"
  FROM ${numberPairs('$1')} AS k JOIN "Notice" n ON n."deviceId" = k."of"
  GROUP BY k."of", k."value" HAVING count(*) > k."value"`

const CONNECTIONS = `
  SELECT d."id" AS "deviceId", d."connections" AS "number"
  FROM ${numberPairs('$1')} AS k JOIN "Device" d ON d."id" = k."of" AND d."connections" > k."value"`

/** What of a node's knowledge the store has otherwise; costs what the node knows, not what happened. */
export function findNews({ read }: Readers, known: Known): Promise<News> {
  return read(news(known))
}

function* news({ conversations, userIds, memberships, notices, connections }: Known): Work<News> {
  const users = userIds.map((userId) => [userId, 0])
  return {
    conversations: yield* listed(CONVERSATIONS, conversations),
    memberships: yield* listed(MEMBERSHIPS, users, memberships),
    notices: yield* listed(NOTICES, notices),
    connections: yield* listed(CONNECTIONS, connections),
  }
}

/** Nothing is asked of an empty list. */
function* listed<Row>(sql: string, ...lists: readonly (readonly unknown[])[]): Work<readonly Row[]> {
  if (lists[0]?.length === 0) return []
  return yield* rows<Row>(sql, ...lists.map((list) => JSON.stringify(list)))
}
