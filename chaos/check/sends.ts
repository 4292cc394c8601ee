import type { CallOf } from '../history/entry.js'
import type { History } from '../history/history.js'
import { getOrSet } from './logs.js'

export type Send = CallOf<'send'> & { readonly username: string }

/** Every attempt to send a message, by sender, conversation and messageId. */
export type Sends = ReadonlyMap<string, readonly Send[]>

export function sendKey(username: string, conversation: string, messageId: string): string {
  return `${username} ${conversation} ${messageId}`
}

export function sendsOf({ devices }: History): Sends {
  const sends = new Map<string, Send[]>()
  for (const { username, entries } of devices)
    for (const entry of entries) {
      if (entry.kind !== 'call' || entry.method !== 'send') continue
      const { conversation, messageId } = entry.params
      getOrSet(sends, sendKey(username, conversation, messageId), () => []).push({ ...entry, username })
    }
  return sends
}
