import t from 'tap'
import type { z } from 'zod'
import { Gap } from '../../src/wire/events.js'
import { FetchMyRequest } from '../../src/wire/identity.js'
import { AckParams, EventsParams, HistoryParams, LeaveParams, StartParams } from '../../src/wire/operations.js'

const conversation = '60038410-eb81-4348-9143-26d9203e1dd0'

const CASES: readonly (readonly [schema: z.ZodType, value: unknown, path: string, message: string])[] = [
  [FetchMyRequest, { username: 'alice' }, 'password', 'is missing'],
  [FetchMyRequest, undefined, '', 'is missing'],
  [FetchMyRequest, [], '', 'must be an object'],
  [FetchMyRequest, { username: 'alice', password: 1 }, 'password', 'must be a string'],
  [HistoryParams, { conversation, after: 1.5 }, 'after', 'must be a whole number'],
  [HistoryParams, { conversation, after: '1' }, 'after', 'must be a number'],
  [HistoryParams, { conversation, after: -1 }, 'after', 'must be 0 or more'],
  [EventsParams, { wait: -1 }, 'wait', 'must be 0 or more'],
  [EventsParams, { wait: 56 }, 'wait', 'must be 55 or less'],
  [LeaveParams, { conversation, a: 1, b: 2 }, '', 'must not have "a" or "b"'],
  [StartParams, { participants: 'bob' }, 'participants', 'must be a list'],
  [
    StartParams,
    { participants: [{ username: 'bob' }] },
    'participants.0',
    'must be {certificate} or {username, fingerprint}',
  ],
  [AckParams, { seq: 1 }, '', 'must be {conversation, seq} or {invitation}'],
  [Gap, { conversation, from: 1, to: 2, reason: 'x' }, 'reason', 'must be retention or restored'],
]

t.test('every refusal is in the words of the house, at the path of the field', async (t) => {
  for (const [schema, value, path, message] of CASES) {
    const issues = schema.safeParse(value).error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    t.strictSame(issues, [`${path}: ${message}`])
  }
})
