import t from 'tap'
import {
  ecdsaInstallation,
  FAULTS,
  type Installation,
  KEY_KINDS,
  nextInstallation,
  REPETITIONS,
  rsaInstallation,
} from './installation.js'
import { missing, VERIFIERS } from './verifiers.js'

t.comment(`${REPETITIONS * KEY_KINDS.length} certificates; HERMES_TEST_REPETITIONS=40 makes 200`)

const installations = new Map<string, Promise<Installation>>()
const installation = (authorities: 'ECDSA' | 'RSA') => {
  const made = installations.get(authorities) ?? (authorities === 'RSA' ? rsaInstallation(t) : ecdsaInstallation(t))
  installations.set(authorities, made)
  return made
}

for (const verifier of VERIFIERS) {
  const { name, judges, keys, prepare, acceptsCrl, readsOcsp } = verifier
  t.test(`${name} agrees`, { skip: missing(verifier) }, async (t) => {
    const files = await installation(verifier.authorities)
    await prepare?.(files)
    for (const kind of KEY_KINDS) {
      const good = files.good(kind)
      if (!keys.includes(kind)) {
        t.notOk(await verifier.accepts(files, good.slice(0, 1), 'client'), `${kind}: it does not know such keys`)
        continue
      }
      t.ok(await verifier.accepts(files, good, 'client'), `${kind}: ${good.length} of clients`)
      if (judges.includes('purpose'))
        t.notOk(await verifier.accepts(files, good.slice(0, 1), 'server'), `${kind}: none of a server`)
      for (const fault of FAULTS) {
        if (fault === 'revoked' && !judges.includes('revocation')) continue
        t.notOk(await verifier.accepts(files, [files.bad(kind, fault)], 'client'), `${kind}: ${fault}`)
      }
    }
    if (acceptsCrl) {
      t.ok(await acceptsCrl(files, 'users'), 'the CRL')
      t.notOk(await acceptsCrl(files, 'users-tampered'), 'a CRL that was tampered with')
    }
    if (readsOcsp) {
      t.equal(await readsOcsp(files, 'P-256-0', 'P-256-0'), 'good', 'the OCSP answer')
      t.equal(await readsOcsp(files, 'P-256-revoked', 'P-256-revoked'), 'revoked')
      t.equal(await readsOcsp(files, 'P-256-0', 'P-256-0-tampered'), null, 'an answer that was tampered with')
    }
  })
}

let made: Promise<Installation> | undefined
const next = () => {
  made ??= nextInstallation(t)
  return made
}

for (const verifier of VERIFIERS.filter(({ authorities }) => authorities === 'ECDSA')) {
  const { name, judges, prepare, acceptsCrl, readsOcsp } = verifier
  t.test(`${name} agrees on a CA that followed another`, { skip: missing(verifier) }, async (t) => {
    const files = await next()
    await prepare?.(files)
    t.ok(await verifier.accepts(files, files.good('P-256').slice(0, 1), 'client'))
    t.notOk(await verifier.accepts(files, ['elder'], 'client'), 'what the first issued is not taken for its own')
    if (judges.includes('revocation')) t.notOk(await verifier.accepts(files, ['P-256-revoked'], 'client'))
    if (acceptsCrl) t.ok(await acceptsCrl(files, 'users'))
    if (readsOcsp) t.equal(await readsOcsp(files, 'P-256-revoked', 'P-256-revoked'), 'revoked')
  })
}
