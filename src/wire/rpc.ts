import { z } from 'zod'
import { refusalCode, refusalDetails } from './problem.js'

export const RPC_ID_CHARACTERS = 128

/** Correlates an answer with its request; both are the client's to choose [JSON-RPC 2.0 4]. */
export const RpcId = z.union([z.int(), z.string().max(RPC_ID_CHARACTERS)]).meta({
  id: 'RpcId',
  description: 'Chosen by the client; the answer has the same.',
  example: 1,
})

/** The `error` of an answer [JSON-RPC 2.0 5.1]. */
export const RpcErrorObject = z
  .object({
    code: z.int().meta({
      description:
        'The HTTP status of the same refusal; -32602 for `invalid_request`, -32700, -32600 and -32601 for what is no request.',
      example: 404,
    }),
    message: z
      .string()
      .meta({ description: 'What went wrong here, for people.', example: 'There is no such conversation' }),
    data: z.object({
      code: refusalCode.meta({ example: 'conversation_not_found' }),
      retryable: z.boolean().meta({ description: 'Whether the same request may succeed later.', example: false }),
      retryAfterMs: z
        .int()
        .min(0)
        .optional()
        .meta({ description: 'Milliseconds until that makes sense.', example: 1000 }),
      ...refusalDetails,
    }),
  })
  .meta({ id: 'Refusal', description: 'A refusal, of the catalogue that REST answers from too.' })
