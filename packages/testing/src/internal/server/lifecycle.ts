/**
 * The life of a simulated server: time, stopping and starting, silence, refusal.
 */
import { sendHeld } from "./answers.ts"
import { millis, type RestartOptions, type StopOptions } from "./options.ts"
import { drop, dropAll, retryMessages } from "./sessions.ts"
import type { ServerMachine } from "./state.ts"

/**
 * Performs the actions that are due by `now`: retransmits messages, sends delayed answers, drops sessions, ends a
 * restart.
 *
 * @category inputs
 * @since 0.1.0
 */
export const tick = (self: ServerMachine, now: number): void => elapse(self, now, undefined)

/** Like {@link tick}, but the session at address `heard` is not dropped if `now` is its last moment. */
export const elapse = (self: ServerMachine, now: number, heard: string | undefined): void => {
  if (self.upAt !== undefined && now >= self.upAt) start(self)
  for (const session of self.sessions.values()) {
    const end = session.lastCommand + self.policy.sessionTimeout
    if (now > end || now === end && session.address !== heard) {
      drop(self, now, session, "Silence")
      continue
    }
    sendHeld(self, now, session)
    retryMessages(self, now, session)
  }
}

/**
 * Ends the process: every session is dropped without notice, the port is closed until {@link start}, and
 * {@link goSilent} ends. Players are removed unless `keepPlayers` is set.
 *
 * @category inputs
 * @since 0.1.0
 */
export const stop = (self: ServerMachine, now: number, options: StopOptions = {}): void => {
  tick(self, now)
  dropAll(self, now, "Stopped")
  if (options.keepPlayers !== true) self.world = { ...self.world, players: [] }
  self.listening = false
  self.silent = false
  self.upAt = undefined
}

/**
 * Starts a server that is down. It reads its bans from `bans.txt`; on Reforger it keeps its bans. Has no effect if the
 * server is up.
 *
 * @category inputs
 * @since 0.1.0
 */
export const start = (self: ServerMachine): void => {
  if (!self.listening) self.world = self.policy.dialect.reboot(self.world)
  self.listening = true
  self.upAt = undefined
}

/**
 * Stops the server like {@link stop}, and starts it like {@link start} after the downtime.
 *
 * @category inputs
 * @since 0.1.0
 */
export const restart = (self: ServerMachine, now: number, options: RestartOptions = {}): void => {
  const downtime = millis(options.downtime ?? 0)
  stop(self, now, options)
  if (downtime <= 0) return start(self)
  self.upAt = now + downtime
}

/**
 * Makes the server neither receive nor send until {@link resume}, or until it stops or restarts. Its port stays open
 * and its clock runs: silent sessions are dropped as usual.
 *
 * @category inputs
 * @since 0.1.0
 */
export const goSilent = (self: ServerMachine, now: number): void => {
  tick(self, now)
  self.silent = true
}

/**
 * Ends {@link goSilent}.
 *
 * @category inputs
 * @since 0.1.0
 */
export const resume = (self: ServerMachine, now: number): void => {
  tick(self, now)
  self.silent = false
}

/**
 * Drops every session without notice.
 *
 * @category inputs
 * @since 0.1.0
 */
export const forget = (self: ServerMachine, now: number): void => {
  tick(self, now)
  dropAll(self, now, "Forgotten")
}

/**
 * Refuses every login from now on, even with the right password.
 *
 * @category inputs
 * @since 0.1.0
 */
export const refuse = (self: ServerMachine): void => {
  self.refusing = true
}

/**
 * Ends {@link refuse}.
 *
 * @category inputs
 * @since 0.1.0
 */
export const admit = (self: ServerMachine): void => {
  self.refusing = false
}
