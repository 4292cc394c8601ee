import type { Test } from 'tap'
import type { Conversation, Notice } from '../../../src/client/index.js'
import type { TestServer } from '../../support/server.js'
import { registerUser } from '../../support/user.js'
import { clientOf, deviceOf, type TestClient, talkOf } from './clients.js'
import { type LyingHub, lyingHub } from './lying-hub.js'

let count = 0

export interface Scene {
  /** Whose hub lies. */
  readonly alice: TestClient
  /** Whose does not. */
  readonly bob: TestClient
  readonly hub: LyingHub
}

export async function scene(t: Test, server: TestServer): Promise<Scene> {
  const name = `user-${++count}`
  const user = await registerUser(server, name)
  const hub = await lyingHub(t, server, user)
  const [alice, bob] = [await deviceOf(t, server, user, hub.url), await clientOf(t, server, `${name}-b`)]
  await Promise.all([alice.client.connect(), bob.client.connect()])
  return { alice, bob, hub }
}

export interface Talk extends Scene {
  readonly ours: Conversation
  readonly theirs: Conversation
}

export async function talk(among: Scene): Promise<Talk> {
  const [ours, theirs] = await talkOf(among.alice, among.bob)
  return { ...among, ours, theirs }
}

/** Resolves with the lie that the client reports. */
async function refusedBy({ alice }: Scene): Promise<Extract<Notice, { type: 'refused' }>> {
  for await (const notice of alice.client.notices) if (notice.type === 'refused') return notice
  throw new Error('nothing was refused')
}

export async function refuses(t: Test, parties: Scene, code: string) {
  const { error } = await refusedBy(parties)
  t.match(error, { name: 'VerificationError', code }, error.message)
}
