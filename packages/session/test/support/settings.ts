/**
 * The settings of machines in tests.
 */
import type { SessionMachine } from "@bercon/session"
import { password } from "./Scenario.ts"

/** The defaults of a session, except that its first login never times out, and that delays have no jitter. */
export const defaults: SessionMachine.Settings = {
  password,
  peer: "server",
  loginTimeout: Infinity,
  keepaliveInterval: 30_000,
  silenceTimeout: 8000,
  reorderTimeout: 11_000,
  maxReconnectDelay: 30_000,
  maxInFlight: 32,
  queueCapacity: 4096,
  textFallback: "windows-1251",
  retryRefused: false,
  random: () => 0
}
