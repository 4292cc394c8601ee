import type { z } from 'zod'
import {
  AcceptParams,
  AckParams,
  ConfirmParams,
  ConversationsParams,
  ConversationsResult,
  Empty,
  EndInvitationParams,
  HistoryParams,
  HistoryResult,
  InviteParams,
  InviteResult,
  LeaveParams,
  MembersParams,
  MembersResult,
  NoParams,
  SendParams,
  SendResult,
  SeqResult,
  SignalParams,
  StartParams,
  StartResult,
  WhoamiResult,
} from '../wire/operations.js'

/** What a client may call on the hub: method → parameters and result. */
export const METHODS = {
  start: { params: StartParams, result: StartResult },
  invite: { params: InviteParams, result: InviteResult },
  accept: { params: AcceptParams, result: Empty },
  confirm: { params: ConfirmParams, result: SeqResult },
  decline: { params: EndInvitationParams, result: Empty },
  cancel: { params: EndInvitationParams, result: SeqResult },
  leave: { params: LeaveParams, result: SeqResult },
  send: { params: SendParams, result: SendResult },
  signal: { params: SignalParams, result: Empty },
  ack: { params: AckParams, result: Empty },
  conversations: { params: ConversationsParams, result: ConversationsResult },
  members: { params: MembersParams, result: MembersResult },
  history: { params: HistoryParams, result: HistoryResult },
  whoami: { params: NoParams, result: WhoamiResult },
} as const

export type Method = keyof typeof METHODS
/** Branded ids may be plain strings on the way in: the server checks their form. */
export type ParamsOf<M extends Method> = z.input<(typeof METHODS)[M]['params']>
export type ResultOf<M extends Method> = z.output<(typeof METHODS)[M]['result']>
