import type { Api } from '#lib/api/client.ts';
import { isProblem } from '#lib/api/problem.ts';
import type { Me, MePatch, Network, NetworkState } from '#lib/api/types.ts';
import type { Locale } from '#lib/i18n/locale.svelte.ts';
import { nextTask } from '#lib/ui/tasks.ts';
import { clearDrafts } from '#lib/messages/drafts.ts';

export type SessionStatus = 'loading' | 'signedIn' | 'signedOut' | 'unreachable';

export class Session {
	status = $state<SessionStatus>('loading');
	#me = $state.raw<Me | null>(null);
	/** Set when the person signed out: whoever comes next does not continue on their page. */
	leftByChoice = $state(false);
	/** Reports that wait for administrators; what this session is told of them. */
	openReports = $state(0);
	#api: Api;
	#locale: Locale;

	constructor(api: Api, locale: Locale) {
		this.#api = api;
		this.#locale = locale;
		api.http.onSignedOut = () => this.ended();
	}

	/** Who is signed in. Only pages behind the sign-in read it. */
	get me(): Me {
		if (!this.#me) throw new Error('nobody is signed in');
		return this.#me;
	}

	get known(): Me | null {
		return this.#me;
	}

	get isAdministrator(): boolean {
		const role = this.#me?.role;
		return role === 'owner' || role === 'security' || role === 'auditor';
	}

	/** Auditors see the whole console and change nothing in it. */
	get mayAdminister(): boolean {
		const role = this.#me?.role;
		return role === 'owner' || role === 'security';
	}

	async load() {
		try {
			await this.#accept(await this.#api.me.get());
		} catch (error) {
			if (isProblem(error) && error.status === 401) this.ended();
			else if (this.status === 'loading' || this.status === 'unreachable') this.status = 'unreachable';
		}
	}

	async signIn(handle: string, password: string) {
		await this.#api.session.signIn(handle, password);
		await this.#accept(await this.#api.me.get());
	}

	async signOut() {
		await this.#api.session.signOut();
		clearDrafts();
		this.leftByChoice = true;
		this.ended();
	}

	async update(patch: MePatch) {
		await this.#accept(await this.#api.me.update(patch));
	}

	/** Uploads a photo, or takes it away. */
	async changePhoto(file: File | null) {
		if (file) await this.#accept(await this.#api.me.setPhoto(file));
		else {
			await this.#api.me.removePhoto();
			await this.#accept(await this.#api.me.get());
		}
	}

	/** The server says how I stand now: changed on another screen, or by an administrator. */
	told(me: Me) {
		if (this.#me) void this.#accept(me);
	}

	networkChanged(network: Network, state: NetworkState) {
		if (!this.#me) return;
		this.#me = { ...this.#me, networks: { ...this.#me.networks, [network]: state } };
	}

	/** Counts the reports that wait, for whoever may see them; a hundred and more are told alike. */
	async loadReports() {
		if (!this.isAdministrator) return;
		try {
			this.openReports = (await this.#api.reports.list({ state: 'open', limit: 100 })).items.length;
		} catch {
			// A badge: the next frame or the next connection tells it.
		}
	}

	ended() {
		this.#me = null;
		this.openReports = 0;
		this.status = 'signedOut';
	}

	async #accept(me: Me) {
		// Before anything of theirs is drawn.
		await this.#locale.use(me.settings.language);
		this.#locale.useZone(me.timeZone);
		// At the start the answer is there before the code that asks: drawing the page would lengthen the task of starting.
		if (this.status === 'loading') await nextTask();
		this.#me = me;
		this.leftByChoice = false;
		this.status = 'signedIn';
	}
}
