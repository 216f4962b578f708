/** The shapes the client works with, by the names used here. All are made from the server's description. */
import type { components } from './schema.ts';

type Schemas = components['schemas'];

export type Side = Schemas['Side'];
export type Role = Schemas['Role'];
export type Network = Schemas['Network'];
/** The languages that have a catalogue. */
export type Language = 'en' | 'ja' | 'ko';

export type Reason = Schemas['SeenReason'];
export type FieldError = Schemas['FieldError'];
export type RoomRef = Schemas['RoomRef'];
export type ProblemDocument = Schemas['Problem'];

/** The description repeats this shape for every kind of list. */
export interface Page<T> {
	items: T[];
	nextCursor?: string | null;
}

export type LinkHolder = Schemas['LinkHolder'];
export type ServerInfo = Schemas['ServerView'];
export type NetworkState = Schemas['NetworkPermission'];
export type Me = Schemas['MeView'];
export type MePatch = Schemas['MeChange'];
export type Token = Schemas['TokenView'];
export type PhoneCode = Schemas['PhoneCodeView'];
export type PhoneFind = Schemas['PhoneFind'];

export type Company = Schemas['CompanyView'];
export type CompanyPatch = Schemas['CompanyChange'];
export type FirstSteps = Schemas['FirstStepsView'];
export type Team = Schemas['TeamView'];
export type Member = Schemas['MemberView'];
export type NewMember = Schemas['NewMember'];
export type MemberPatch = Schemas['MemberPatch'];

export type PartnerRule = Schemas['PartnerRule'];
export type ExternalSettings = Schemas['SettingView'];
export type ExternalSettingsPatch = Schemas['SettingChange'];
export type Grant = Schemas['GrantView'];
export type GrantRequest = Schemas['GrantRequest'];
export type Skipped = Schemas['Skipped'];
export type AuditEntry = Schemas['AuditEntry'];

export type FoundPerson = Schemas['PersonCard'];
export type Invitation = Schemas['InvitationView'];
export type NewInvitation = Schemas['NewInvitation'];
export type InvitationUse = Schemas['InvitationUse'];
export type Inviter = Schemas['InviterView'];
export type MyCard = Schemas['CardView'];
export type Contact = Schemas['ContactView'];
export type ContactPatch = Schemas['ContactChange'];
export type NewContact = Schemas['NewContact'];
export type ContactSection = Schemas['Section'];
export type ContactSort = Schemas['Sort'];
export type Tag = Schemas['TagView'];
export type BookRange = Schemas['BookRange'];
export type VisibilityChange = Schemas['VisibilityChange'];
export type Book = Schemas['BookView'];
export type BookPatch = Schemas['BookChange'];
export type Block = Schemas['BlockView'];
export type ReportReason = Schemas['ReportReason'];
export type ReportState = Schemas['ReportState'];
export type ReportOutcome = Schemas['ReportOutcome'];
export type NewReport = Schemas['ReportRequest'];
export type Report = Schemas['ReportView'];
export type ReportDetails = Schemas['ReportDetails'];
export type ReportChange = Schemas['ReportChange'];

export type Room = Schemas['RoomView'];
export type Participant = Schemas['ParticipantView'];
export type Range = Schemas['RangeView'];
export type Message = Schemas['MessageView'];
export type Notice = Schemas['Notice'];
export type MessagePage = Schemas['MessagePage'];
export type NewRoom = Schemas['NewRoom'];
export type AddPeople = Schemas['NewParticipants'];

export type DescribedServerFrame = Schemas['ServerFrame'];
export type DescribedClientFrame = Schemas['ClientFrame'];
