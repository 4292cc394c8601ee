import { userAct } from '../user-act.js'

export const disable = userAct(
  'disable',
  'lets a user in no more, and ends his connections',
  ({ username }) => `${username} is disabled. "hermes admin enable ${username}" lets him in again.`,
)

export const enable = userAct('enable', 'lets a disabled user in again', ({ username, certificate: { status } }) =>
  status === 'active'
    ? `${username} is enabled.`
    : `${username} is enabled, but his newest certificate is ${status}: he needs another.`,
)

export const unlock = userAct(
  'unlock',
  'lifts locks after wrong passwords, and calls off a deletion that was asked for by password',
  ({ username }) => `${username} is unlocked.`,
)
