import type { AuthorityList } from '../../../wire/authorities.js'
import type { AdminCommand } from '../command.js'

export const retireCa: AdminCommand = {
  name: 'retire-ca',
  summary: 'removes the key of a CA that has a successor, once no certificate of it is good',
  operands: [{ name: 'name', description: 'the CA, such as users or servers-2' }],
  async run({ operands: [name = ''], connect }) {
    const path = `/admin/authorities/${encodeURIComponent(name)}/retire`
    const { authorities } = (await (await connect()).call('POST', path, {})) as AuthorityList
    const text = `The key of the CA ${name} is removed. Its certificate stays: signatures of the past are verified with it.\n`
    return { json: { authorities }, text: () => text }
  },
}
