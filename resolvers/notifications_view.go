package resolvers

import (
	"context"

	"github.com/google/uuid"

	"purser/graph/model"
	"purser/internal/delivery/gateway"
	"purser/internal/notifications"
	"purser/internal/sessions"
	"purser/models"
)

func (r *Resolver) settingsView(ctx context.Context, viewer sessions.Identity) (*model.NotificationSettings, error) {
	all, err := r.Notifications.Settings(ctx, viewer.Account.ID)
	if err != nil {
		return nil, err
	}
	view := &model.NotificationSettings{Events: []*model.NotificationChoice{}, PushDevices: []*model.PushDevice{}}
	for _, c := range all.Choices {
		choice := &model.NotificationChoice{Event: model.NotificationEvent(c.Event), Channels: []model.NotificationChannel{}}
		for _, channel := range c.Channels {
			choice.Channels = append(choice.Channels, model.NotificationChannel(channel))
		}
		view.Events = append(view.Events, choice)
	}
	if q := all.Quiet; q != nil {
		view.QuietHours = &model.QuietHours{From: q.From, To: q.To, TimeZone: q.TimeZone}
	}
	for _, d := range all.Devices {
		view.PushDevices = append(view.PushDevices, deviceView(d, viewer.SessionID))
	}
	return view, nil
}

func deviceView(d models.PushDevice, session uuid.UUID) *model.PushDevice {
	return &model.PushDevice{ID: globalID(kindDevice, d.ID.String()), Name: d.Name, Kind: model.PushKind(d.Kind), CreatedAt: d.CreatedAt, Current: d.SessionID == session}
}

func channelsOf(channels []model.NotificationChannel) []string {
	names := make([]string, len(channels))
	for i, c := range channels {
		names[i] = string(c)
	}
	return names
}

func quietHoursOf(q *model.QuietHoursInput) *notifications.Quiet {
	if q == nil {
		return nil
	}
	return &notifications.Quiet{From: q.From, To: q.To, TimeZone: q.TimeZone}
}

func targetOf(t *model.PushTargetInput) gateway.Target {
	switch {
	case t.WebPush != nil:
		return gateway.Target{Kind: models.PushWeb, Endpoint: t.WebPush.Endpoint, P256DH: t.WebPush.P256dh, Auth: t.WebPush.Auth}
	case t.Apns != nil:
		return gateway.Target{Kind: models.PushAPNs, Token: t.Apns.Token}
	case t.Fcm != nil:
		return gateway.Target{Kind: models.PushFCM, Token: t.Fcm.Token}
	}
	return gateway.Target{} // which is refused: one of them is enforced
}

func pushKinds(kinds []string) []model.PushKind {
	views := make([]model.PushKind, len(kinds))
	for i, k := range kinds {
		views[i] = model.PushKind(k)
	}
	return views
}
