import { refuse, repeat } from '../conversation/decision.js'
import type { Conversation } from '../conversation/state.js'
import type { ConversationQueue } from '../conversation-queue.js'

/** Whether something is so of a conversation; where it seems not to be, what other nodes stored is looked at too. */
export async function holds(queue: ConversationQueue, isSo: (state: Conversation) => boolean): Promise<boolean> {
  if (queue.committed && isSo(queue.committed)) return true
  return new Promise((resolve, reject) => {
    queue.submit({
      origin: null,
      isPassing: true,
      decide: (state) => (isSo(state) ? repeat(true) : refuse('not_found')),
      done: (outcome) => ('failure' in outcome ? reject(outcome.failure) : resolve('answer' in outcome)),
    })
  })
}
