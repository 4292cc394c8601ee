import { writeFile } from 'node:fs/promises'
import { generateOpenApi } from '../src/server/generate-openapi.js'

await writeFile(new URL('../openapi.yaml', import.meta.url), await generateOpenApi())
