import { resolve } from 'node:path'

import { isRecord } from '../../../kit/is-record.ts'
import { list, Resource, ResourceTemplate } from '../catalog.ts'
import { openLink } from '../link/open.ts'
import { printResource } from '../print/content.ts'
import { plainLine } from '../print/plain.ts'
import { table } from '../print/table.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

/** Lists resources, and templates for further ones. */
export async function resources(context: Context): Promise<ExitCode> {
  const { shell, options } = context
  await using link = await openLink(context)
  const signal = shell.interrupted()
  const [plain, templates] = await Promise.all([
    list(link, { method: 'resources/list', member: 'resources', item: Resource, signal }),
    list(link, {
      method: 'resources/templates/list',
      member: 'resourceTemplates',
      item: ResourceTemplate,
      signal,
    }),
  ])
  if (options.json) {
    const document = { resources: plain, resourceTemplates: templates }
    shell.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
    return exitCodes.done
  }
  const rows = [
    ...plain.map(({ uri, ...rest }) => ({ uri, ...rest })),
    ...templates.map(({ uriTemplate, ...rest }) => ({ uri: uriTemplate, ...rest })),
  ]
  shell.stdout.write(
    table(
      rows.map(({ uri, mimeType = '', name = '', description }) =>
        [uri, mimeType, description ?? name].map(plainLine),
      ),
    ),
  )
  if (rows.length === 0) shell.stderr.write('No resources are offered.\n')
  return exitCodes.done
}

export interface Reading {
  readonly uri: string
  readonly out?: string | undefined
}

/** Reads one resource: text is printed, bytes are saved. */
export async function read(context: Context, { uri, out }: Reading): Promise<ExitCode> {
  const { shell, options } = context
  await using link = await openLink(context)
  const signal = shell.interrupted()
  const result = await link.request('resources/read', JSON.stringify({ uri }), { signal })
  if (options.json) {
    shell.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
    return exitCodes.done
  }
  const contents = isRecord(result) && Array.isArray(result['contents']) ? result['contents'] : []
  for (const content of contents.filter(isRecord)) {
    const folder = resolve(shell.cwd, out ?? '.')
    await printResource(content, { output: shell.stdout, folder, stem: 'resource' })
  }
  return exitCodes.done
}
