import type { Api } from '#lib/api/client.ts';
import type { FirstSteps } from '#lib/api/types.ts';
import { m } from '#lib/paraglide/messages.js';
import { createContext } from 'svelte';

export interface Step {
	key: 'timeZone' | 'logo' | 'members' | 'external' | 'permission';
	title: string;
	text: string;
	href: string;
	done: boolean;
}

/** How long the menu below them holds still. */
const WAITS_FOR_MS = 1_500;

/** What a new company's administrators do first; what is done, the server reads from how things stand. */
export class FirstStepsState {
	#seen = $state.raw<FirstSteps | null>(null);
	/** Whether it is known if there are any to show; past a while nobody waits for them. */
	settled = $state(false);
	#api: Api;

	constructor(api: Api) {
		this.#api = api;
	}

	get shown(): boolean {
		return this.#seen !== null && !this.#seen.hidden;
	}

	get steps(): Step[] {
		const seen = this.#seen;
		if (!seen) return [];
		const step = (key: Step['key'], title: string, text: string, href: string): Step => ({
			key,
			title,
			text,
			href,
			done: seen[key],
		});
		return [
			step('timeZone', m.step_zone(), m.step_zone_text(), '/admin/company'),
			step('logo', m.step_logo(), m.step_logo_text(), '/admin/company'),
			step('members', m.step_members(), m.step_members_text(), '/admin/members'),
			step('external', m.step_external(), m.step_external_text(), '/admin/service/message'),
			step('permission', m.step_permission(), m.step_permission_text(), '/admin/security/external'),
		];
	}

	get done(): number {
		return this.steps.filter((step) => step.done).length;
	}

	/** Steps help along and are never in the way: where they cannot be read, none are shown. */
	async load() {
		const late = setTimeout(() => (this.settled = true), WAITS_FOR_MS);
		try {
			this.#seen = await this.#api.firstSteps.get();
		} catch {
			this.#seen = null;
		} finally {
			clearTimeout(late);
			this.settled = true;
		}
	}

	async hide() {
		this.#seen = await this.#api.firstSteps.hide();
	}
}

/** Of the console's start page, which a phone shows in its list and a wide screen beside it. */
export const [getFirstSteps, setFirstSteps] = createContext<FirstStepsState>();
