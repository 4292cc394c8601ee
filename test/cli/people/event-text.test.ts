import t from 'tap'
import { eventText } from '../../../src/cli/people/event-text.js'
import { type ReadEvent, SEALING_KEY_TYPE } from '../../../src/client/index.js'

const text = (event: object) => {
  const from = { username: 'alice', fingerprint: 'sha256:aa' }
  const { label, text } = eventText({ from, ...event } as unknown as ReadEvent)
  return `${label} ${text}`
}
const bob = { username: 'bob', fingerprint: 'sha256:bb' }

t.test('each event is a sentence', async (t) => {
  const sentences = [
    [{ type: 'message', payload: 'hello\nyou', seal: 'sealed' }, 'alice: hello\nyou'],
    [{ type: 'message', payload: 'hello', seal: 'none' }, 'alice (not sealed): hello'],
    [{ type: 'message', payload: 'hello', seal: 'other_key' }, 'alice (under another key): hello'],
    [{ type: 'message', payload: 'hello', seal: 'repeated' }, 'alice (said before): hello'],
    [{ type: 'message', payload: '', seal: 'unreadable' }, '* alice sealed something that cannot be opened here'],
    [
      { type: 'message', payload: '{}', seal: 'none', contentType: SEALING_KEY_TYPE },
      '* alice tells a new key to seal for',
    ],
    [{ type: 'started' }, '* alice began the conversation'],
    [{ type: 'invited', invitee: bob }, '* alice invited bob, sha256:bb'],
    [{ type: 'accepted' }, '* alice accepted'],
    [{ type: 'joined', member: bob }, '* bob is a member now, sha256:bb'],
    [{ type: 'declined', reason: 'not now' }, '* alice declined: not now'],
    [{ type: 'cancelled' }, '* alice took an invitation back'],
    [{ type: 'expired' }, '* an invitation was not answered in time'],
    [{ type: 'left', reason: 'left', text: 'good night' }, '* alice left: good night'],
    [{ type: 'left', reason: 'deleted' }, '* alice has deleted the account'],
    [{ type: 'renewed', previous: 'sha256:00' }, '* alice renewed the certificate: sha256:aa in place of sha256:00'],
    [{ type: 'gap', first: 3, seq: 8, reason: 'retention' }, /^\* events 3 to 8 are no more: .* for a while only$/],
    [{ type: 'gap', first: 3, seq: 8, reason: 'restored' }, /^\* events 3 to 8 are no more: .* a backup$/],
  ] as const
  for (const [event, sentence] of sentences) {
    if (typeof sentence === 'string') t.equal(text(event), sentence)
    else t.match(text(event), sentence)
  }
  t.match(text({ type: 'left', reason: 'recovered' }), /^\* alice lost the key .* invites him again$/)
})
