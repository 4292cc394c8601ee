import type { Send } from './commands.js'
import { accept, type Decision, refuse, repeat } from './decision.js'
import type { Message } from './events.js'
import type { Conversation } from './state.js'

export function decideSend(state: Conversation, command: Send): Decision {
  if (!state.members.has(command.by.username)) return refuse('conversation_not_found')
  if (command.known) return repeated(command, command.known)
  if (command.epoch !== null && command.epoch !== state.epoch) return epochConflict(state)
  const { at, by, messageId, payload, contentType } = command
  const message: Message = {
    type: 'message',
    at,
    from: by,
    messageId,
    payload,
    contentType,
    raisesEpoch: command.epoch !== null,
  }
  return accept([message], { seq: state.lastSeq + 1, at: new Date(at).toISOString(), duplicate: false })
}

function repeated(command: Send, known: NonNullable<Send['known']>): Decision {
  const same = known.payload === command.payload && known.contentType === command.contentType
  if (!same) return refuse('message_conflict', `messageId ${command.messageId} was used for another message`)
  return repeat({ seq: known.seq, at: new Date(known.at).toISOString(), duplicate: true })
}

export function epochConflict({ epoch }: Conversation): Decision {
  return refuse('epoch_conflict', `the conversation is at epoch ${epoch}`, { epoch })
}
