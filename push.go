package main

import (
	"purser/internal/config"
	"purser/internal/delivery/gateway"
	"purser/internal/notifications"
	"purser/internal/postgres"
	"purser/models"
	"purser/resolvers"
)

// newPush makes the gateways of devices that the configuration names, and says of them what people may register.
func newPush(c config.Config, db *postgres.DB) (map[string]gateway.Gateway, notifications.Config, error) {
	all, offers := map[string]gateway.Gateway{}, notifications.Config{Rules: c.WebPushRules(), TransferID: resolvers.TransferID}
	if c.WebPushKey != "" {
		g, err := gateway.NewWebPush(gateway.WebPushConfig{Key: c.WebPushKey, Contact: c.WebPushContact, Rules: offers.Rules, Now: db.Now}, gateway.Options{})
		if err != nil {
			return nil, offers, err
		}
		all[models.PushWeb], offers.WebPushKey = g, g.Public()
		offers.Kinds = append(offers.Kinds, models.PushWeb)
	}
	if c.APNsKey != "" {
		g, err := gateway.NewAPNs(gateway.APNsConfig{Key: []byte(c.APNsKey), KeyID: c.APNsKeyID, TeamID: c.APNsTeamID, Topic: c.APNsTopic, URL: c.APNsURL, Now: db.Now},
			gateway.Options{})
		if err != nil {
			return nil, offers, err
		}
		all[models.PushAPNs] = g
		offers.Kinds = append(offers.Kinds, models.PushAPNs)
	}
	if c.FCMCredentials != "" {
		g, err := gateway.NewFCM(gateway.FCMConfig{Credentials: []byte(c.FCMCredentials), URL: c.FCMURL, Now: db.Now}, gateway.Options{})
		if err != nil {
			return nil, offers, err
		}
		all[models.PushFCM] = g
		offers.Kinds = append(offers.Kinds, models.PushFCM)
	}
	return all, offers, nil
}
