import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { untilListening } from '../runner/children.ts'
import type { Subject } from '../runner/subject.ts'

const program = findNginx()

/**
 * nginx as a plain reverse proxy: the least that any HTTP hop is expected to cost. Its answer
 * buffer is larger than the default, which makes it cheaper: the stricter measure for others.
 */
export const nginx: Subject = nginxSubject(
  'nginx',
  'nginx, plain reverse proxy with keep-alive',
  'proxy_buffer_size 16k; proxy_buffers 8 16k;',
)

/** The same with nginx's default buffers; measured when asked for by name. */
export const nginxDefault: Subject = {
  ...nginxSubject('nginx-default', 'nginx with its default buffer sizes', ''),
  onlyByName: true,
}

function nginxSubject(name: string, what: string, buffers: string): Subject {
  return {
    name,
    what,
    cannot: {
      ...(program === undefined && { 'http-http': 'nginx is not installed' }),
      'http-stdio': 'it proxies HTTP only',
      'stdio-http': 'it proxies HTTP only',
    },
    async start({ children, folder, port, upstreamUrl }) {
      mkdirSync(path.join(folder, 'temp'), { recursive: true })
      const file = path.join(folder, 'nginx.conf')
      writeFileSync(file, config({ folder, port, upstream: new URL(upstreamUrl).host, buffers }))
      const log = path.join(folder, 'error.log')
      const argv = [program ?? 'nginx', '-p', folder, '-c', file, '-e', log]
      const started = children.start(argv, { role: 'subject' })
      await untilListening(port, started)
      return { kind: 'streamable', url: `http://127.0.0.1:${port}/mcp`, pid: started.pid }
    },
  }
}

interface Config {
  readonly folder: string
  readonly port: number
  readonly upstream: string
  readonly buffers: string
}

function findNginx(): string | undefined {
  const found = spawnSync('sh', ['-c', 'PATH=$PATH:/usr/sbin:/usr/local/sbin command -v nginx'], {
    encoding: 'utf8',
  })
  return found.stdout.trim() || undefined
}

/** Buffering is off for answers, as an MCP server's event streams need it; bodies stay in memory. */
function config({ folder, port, upstream, buffers }: Config): string {
  const temp = path.join(folder, 'temp')
  return `daemon off;
user ${os.userInfo().username};
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  default_type application/octet-stream;
  tcp_nodelay on;
  keepalive_timeout 75s;
  keepalive_requests 100000000;
  client_max_body_size 16m;
  client_body_buffer_size 2m;
  client_body_temp_path ${temp}/body;
  proxy_temp_path ${temp}/proxy;
  fastcgi_temp_path ${temp}/fastcgi;
  uwsgi_temp_path ${temp}/uwsgi;
  scgi_temp_path ${temp}/scgi;
  upstream server { server ${upstream}; keepalive 300; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://server;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_buffering off;
      ${buffers}
      proxy_read_timeout 1h;
    }
  }
}
`
}
