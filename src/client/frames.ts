import { z } from 'zod'
import { NOTIFICATIONS } from '../wire/frames.js'
import { RpcErrorObject } from './refusal.js'

type Notifications = typeof NOTIFICATIONS

/** Something that the server pushed: `method` tells what `params` is. */
export type Notification = {
  readonly [M in keyof Notifications]: { readonly method: M; readonly params: z.output<Notifications[M]> }
}[keyof Notifications]

/** A reply or a notification [JSON-RPC 2.0 5]. A reply without id answers a frame that could not be read. */
const Frame = z.union([
  z.object({ id: z.union([z.string(), z.int(), z.null()]), result: z.unknown() }).required(),
  z.object({ id: z.union([z.string(), z.int(), z.null()]), error: RpcErrorObject }),
  z.object({ method: z.string(), params: z.unknown() }),
])
export type Frame = z.output<typeof Frame>

/** Takes a frame of the server apart. Throws Error when it is none. */
export function parseServerFrame(text: string): Frame {
  const parsed = Frame.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data
  throw new Error('the hub sent a frame that is neither a reply nor a notification')
}

/** A notification as this client knows it; null for one of a newer server. Throws Error when it does not fit. */
export function parseNotification(method: string, params: unknown): Notification | null {
  if (!Object.hasOwn(NOTIFICATIONS, method)) return null
  const parsed = NOTIFICATIONS[method as keyof Notifications].safeParse(params)
  if (parsed.success) return { method, params: parsed.data } as Notification
  throw new Error(`the hub sent ${method} of another shape: ${parsed.error.issues[0]?.message}`)
}
