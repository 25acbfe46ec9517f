"""Each field of each object type, and who gets what it shows. A field that stands nowhere here fails the matrix.

`SAME`: whoever sees the object sees the same of it, save that what lies behind an edge may be hidden from them.
`OWN`: what it shows depends on the viewer in a way of its own; `test_matrix.py` says which, field by field.
`CARRIED`: types that only carry what a door, a mutation or a stream gives; judged where they come from.
"""

_COMMENTABLE = "id commenting commentCount comments commentsAround changes liveCursor"

SAME = {
    "Action": "id post kind state opensAt closesAt deliveredAt verification allowAnonymous fields consentText target bill shifts officials letter pledge externalUrl externalAddress goal milestones"
    " tally tallyByRegion recentPublic liveCursor version",
    "ActionTarget": "name office contactUrl",
    "LetterTemplate": "subject body",
    "Official": "key name office region email phone contactUrl letter",
    "Outreach": "official channel at",
    "BillRef": "jurisdiction number title url status",
    "Shift": "key title startsAt endsAt places placesLeft",
    "Pledge": "unit currency goal sum",
    "FormField": "key label type required choices personal helpText",
    "Milestone": "at label reachedAt",
    "Participation": "id action displayName publicNote region status at",
    "Referral": "source referrer app url",
    "RegionTally": "region count",
    "AppGrant": "app scopes since lastUsedAt",
    "AppToken": "id name prefix scopes createdAt lastUsedAt expiresAt",
    "ArchiveInfo": "archivedAt reason banner successor",
    "AuditLogEntry": "id at actor app action target club reason before after requestId",
    "AppLimits": "costPerMinute liveConnections subscriptionsPerConnection",
    "Body": "source html excerpt",
    "Category": "id slug name description parent position archive threadCount threads",
    "Club": "id slug name about region joinPolicy visibility version createdAt memberCount members threads posts events",
    "Comment": "id reactions number subject parent root depth replyCount replies status byStaff createdAt editedAt"
    " editableUntil legacy version idempotencyKey ancestors",
    "CommentingState": "mode closesAt editWindowSeconds maxDepth minLength maxLength announcement",
    "Count": "value precision",
    "Event": f"{_COMMENTABLE} slug url club hosts title body startsAt endsAt timeZone allDay status visibility attendance"
    " place onlineUrl rsvpClosesAt maxGuests capacity seatsLeft counts rsvps archive version"
    " waitlistEnabled waitlistLimit",
    "Job": "id kind state attempts createdAt runAt startedAt finishedAt reason",
    "HeroImage": "url alt",
    "LegacyOrigin": "system legacyId legacyUrl importedAt",
    "Membership": "id club user role title status since",
    "PartnerApp": "id name homepage status owner club scopes allowedOrigins persistedOnly createdAt limits",
    "Place": "name address locality region country",
    "OfficialResponse": "id from body publishedAt outcome",
    "Post": f"{_COMMENTABLE} reactions slug url kind status title summary body hero authors topic clubs tags regions"
    " locale action translations visibility publishAt publishedAt closesAt pinned responses updates continues archive version",
    "PostTranslation": "locale title summary body machine",
    "PostUpdate": "id body author publishedAt notifiedParticipants",
    "PushDevice": "id service registeredAt",
    "ReactionTally": "kind count",
    "Revision": "id version editor editedAt title body diff reason",
    "Rsvp": "id event user status guests note publicAttendance at updatedAt waitlistPosition",
    "RsvpCounts": "going guests maybe waitlisted declined",
    "Sanction": "id user kind reason at expiresAt liftedAt",
    "ServiceStatus": "mode reads writes live suggestedPollMs pushKey version",
    "Thread": f"{_COMMENTABLE} reactions slug url title body author category club visibility tags createdAt editedAt"
    " lastActivityAt pinned archive legacy viewCount version",
    "Topic": "id slug name posts",
    "User": "id handle displayName avatarUrl bio role status joinedAt legacy clubs threads comments rsvps",
}

OWN = {
    "Action": "participations viewerParticipation viewerCan outboundClicks",
    "Letter": "subject body",
    "Official": "contacts",
    "Participation": "user receipt referral amount shift outreach story review answers",
    "AbilityState": "ability allowed reason retryAt",
    "AppUsage": "cost requests throttled errors deprecatedFields",
    "Category": "viewerFollow",
    "Club": "partnerApps pendingMembers viewerCan viewerFollow viewerMembership",
    "Comment": "author body folded viewerCan",
    "Count": "asOf",
    "DeprecatedUse": "field uses",
    "Event": "viewerCan viewerFollow viewerRsvp",
    "Follow": "id target level reason since mutedUntil",
    "NotificationRule": "kind channel frequency",
    "NotificationSettings": "rules quietFrom quietTo followsBy mailStoppedAt",
    "Notification": "id kind actorCount count target text createdAt updatedAt readAt actors",
    "PartnerApp": "tokens usage",
    "Post": "revisions text viewerCan viewerFollow",
    "ReactionTally": "viewerReacted",
    "Sanction": "by",
    "Session": "id startedAt lastSeenAt device current",
    "Thread": "viewerCan viewerFollow",
    "UnreadCounts": "notifications asOf",
    "User": "viewerBlocked viewerCan viewerFollow",
    "Viewer": "user email emailVerified locale timeZone sessions sanctions authorizedApps personalTokens blockedUsers liveCursor pushDevices"
    " notificationSettings"
    " follows notifications participations unread",
}

CARRIED = {
    *("PageInfo", "CommentChangeConnection", "SubjectCount"),
    *(
        f"{noun}{part}"
        for noun in (
            *(
                "AuditLogEntry",
                "Club",
                "Comment",
                "Event",
                "Follow",
                "Job",
                "Membership",
                "Notification",
                "Participation",
                "Post",
                "Revision",
                "Rsvp",
            ),
            *("Thread", "User"),
        )
        for part in ("Connection", "Edge")
    ),
    *(f"{thing}Payload" for thing in ("Block", "Comment", "Event", "Membership", "Post", "React", "Rsvp", "Thread")),
    *("TopicPayload", "ActionPayload", "ParticipatePayload", "InvalidateParticipationsPayload"),
    *("ReadPersonalAnswersPayload", "PersonalAnswers", "ReviewStoriesPayload"),
    *(f"{thing}Payload" for thing in ("Account", "App", "Grant", "PersonalToken", "Sanction", "Session")),
    *(f"{thing}Payload" for thing in ("Follow", "PushDevice", "Read", "Settings")),
    *("AccessError", "CapacityError", "ConflictError", "DuplicateError", "FieldError", "FrozenError", "ThrottleError"),
    *("CommentAdded", "CommentChanged", "CommentGone", "TallyChanged", "StateChanged", "Burst", "Resync", "CaughtUp"),
    *("Heartbeat", "ReconnectAdvice"),
    *("NotificationArrived", "NotificationsRead", "MembershipMoved", "RsvpMoved", "AccessChanged", "ActionTallied"),
}

# The root fields of queries and subscriptions; each is asked in every role.
DOORS = (
    "node nodes commentCounts user viewer threads thread categories homeFeed topics posts post comment clubs club events event status"
    " sanctions partnerApps auditLog jobs"
)
STREAMS = "commentStream commentAdded tallyStream viewerStream actionStream"
