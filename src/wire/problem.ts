import { z } from 'zod'
import { Party } from './events.js'
import { Digest } from './formats.js'

/** A code of the catalogue. New ones may come. */
export const refusalCode = z.string().meta({ description: 'For programs.', example: 'username_taken' })

/** What some refusals have more, whichever way they go. */
export const refusalDetails = {
  errors: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .optional()
    .meta({ description: 'The fields at fault.', example: [{ path: 'username', message: 'must be …' }] }),
  members: z.array(Party).optional().meta({ description: 'With `roster_changed`: the members as they are now.' }),
  roster: Digest.optional().meta({ description: 'With `roster_changed`: the roster of those members.' }),
  state: z.string().optional().meta({ description: 'With `invitation_state`: the state it is in.', example: 'joined' }),
  quota: z.string().optional().meta({ description: 'With `quota_exceeded` and `busy`: which.', example: 'devices' }),
  limit: z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'With `quota_exceeded` and `busy`: how much it is.', example: 16 }),
  epoch: z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'With `epoch_conflict`: the counter as it is now.', example: 3 }),
}

/** The body of every HTTP answer of 400 and above. Source: RFC 9457 3.1, with members of ours. */
export const Problem = z
  .object({
    type: z.string().meta({
      description: 'urn:hermes:error:<code>; /docs/errors#<code> says what it means and what to do.',
      example: 'urn:hermes:error:username_taken',
    }),
    title: z.string().meta({ description: 'The same for every problem of a code.', example: 'The username is taken' }),
    status: z.int().min(400).max(599).meta({ example: 409 }),
    detail: z.string().meta({ description: 'What went wrong here, for people.', example: 'alice is taken' }),
    code: refusalCode,
    requestId: z
      .string()
      .meta({ description: 'The same in the log of the server.', example: '0b5f1c9e-5d0e-4f0e-9f43-0f8a4a0c3c11' }),
    ...refusalDetails,
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' })

export type Problem = z.infer<typeof Problem>
