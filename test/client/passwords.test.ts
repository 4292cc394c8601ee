import t from 'tap'
import { generateKey, lockPrivateKey } from '../../src/client/keys.js'
import { checkKeyPassword, checkNewPassword } from '../../src/client/passwords.js'

/** Each twice the same to whoever reads it. */
const PAIRS = [
  ['un mot de passé', 'un mot de passe\u0301'],
  ['the of\ufb01cial word', 'the official word'],
  ['\uff54he same password', 'the same password'],
] as const

t.test('one password in two forms of Unicode is one password', async (t) => {
  const key = await generateKey()
  for (const [one, other] of PAIRS)
    for (const [password, keyPassword] of [
      [one, other],
      [other, one],
    ] as const)
      t.throws(() => checkKeyPassword(keyPassword, password), { code: 'passwords_equal' }, password)
  const [composed, decomposed] = PAIRS[0]
  for (const [password, keyPassword] of [
    [composed, decomposed],
    [decomposed, composed],
  ] as const) {
    const locked = await lockPrivateKey(key, keyPassword, 1000)
    t.throws(() => checkNewPassword(password, locked), { code: 'passwords_equal' }, password)
    checkNewPassword(`${password}s`, locked)
  }
})
