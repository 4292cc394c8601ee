import t from 'tap'
import { sentenceOf } from '../../../src/cli/people/sentence.js'
import { ClientError, FingerprintChangedError, LinkClosedError, VerificationError } from '../../../src/client/index.js'
import { refusalFromHttp } from '../../../src/client/refusal.js'

t.test('what went wrong, and what helps', async (t) => {
  t.match(sentenceOf(new ClientError('not_joined', 'join one first')), /^this profile .*"hermes join <url>/)
  t.equal(
    sentenceOf(new ClientError('unreachable', 'localhost cannot be reached: ECONNREFUSED')),
    'localhost cannot be reached: ECONNREFUSED\nsee whether the server runs, and whether the address is right',
  )
  t.match(sentenceOf(new VerificationError('root_mismatch', 'another root')), /^another root\nask whoever runs/)
  t.equal(sentenceOf(new VerificationError('roster_mismatch', 'other members')), 'other members')
  const problem = {
    type: 'about:blank',
    title: 'Taken',
    status: 409,
    code: 'username_taken',
    detail: 'alice is taken',
    requestId: 'r',
  }
  const refusal = refusalFromHttp(409, JSON.stringify(problem), undefined)
  t.match(sentenceOf(refusal), /\n.*"hermes login"/)
  const change = {
    username: 'bob',
    previous: 'sha256:aa',
    current: 'sha256:bb',
    how: 'recovered',
    wasCompared: true,
  } as const
  t.equal(
    sentenceOf(new FingerprintChangedError(change)),
    `bob has another certificate (got by password alone): sha256:bb, not the one you compared, sha256:aa
compare it with bob by voice or on paper; if it is the same: "hermes trust bob sha256:bb"`,
  )
  for (const [code, help] of [
    [4501, /"hermes recover"/],
    [4502, /"hermes renew"/],
    [4503, /ask whoever runs/],
    [4504, /"hermes --version"/],
    [4505, /"hermes login" in a new --profile/],
    [4506, /"hermes login" in a new --profile/],
  ] as const) {
    const sentence = sentenceOf(new LinkClosedError({ code, reason: 'why', mayReconnect: false }))
    t.match(sentence, new RegExp(`closed the connection with ${code}: why\n.*${help.source}`))
  }
  t.equal(sentenceOf(new TypeError('a fault of the program')), null, 'its stack says more')
})
