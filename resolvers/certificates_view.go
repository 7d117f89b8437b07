package resolvers

import (
	"context"

	"github.com/google/uuid"

	"purser/graph/model"
	"purser/internal/certificates"
	"purser/internal/fault"
	"purser/models"
)

// requestView shows a request, or nothing beside an error.
func requestView(r models.CertificateRequest, err error) *model.CertificateRequest {
	if err != nil {
		return nil
	}
	return &model.CertificateRequest{
		ID: globalID(kindCertificateRequest, r.ID.String()), Level: model.CertificateLevel(r.Level), Status: model.CertificateRequestStatus(r.Status),
		Reason: filled(r.Reason), CreatedAt: r.CreatedAt, DecidedAt: r.DecidedAt,
	}
}

func uploadView(u certificates.Upload, err error) *model.DocumentUpload {
	if err != nil {
		return nil
	}
	return &model.DocumentUpload{ID: globalID(kindDocument, u.ID.String()), URL: u.URL, ExpiresAt: u.ExpiresAt, MaxBytes: certificates.DocumentMost}
}

// reviewConnection shows a page of the queue, with the people and the documents read for all of it at once.
func (r *Resolver) reviewConnection(ctx context.Context, rows []models.CertificateRequest, info *model.PageInfo) (*model.CertificateReviewConnection, error) {
	people, requests := make([]uuid.UUID, len(rows)), make([]uuid.UUID, len(rows))
	for i, row := range rows {
		people[i], requests[i] = row.AccountID, row.ID
	}
	owners, err := r.Accounts.FindMany(ctx, people)
	if err != nil {
		return nil, err
	}
	documents, err := r.Certificates.DocumentsOf(ctx, requests)
	if err != nil {
		return nil, err
	}
	connection := &model.CertificateReviewConnection{Edges: []*model.CertificateReviewEdge{}, Nodes: []*model.CertificateReview{}, PageInfo: info}
	for _, row := range rows {
		owner := accountView(owners[row.AccountID])
		node := &model.CertificateReview{Request: requestView(row, nil), Wmid: owner.Wmid, Profile: owner.Profile, Level: owner.Certificate.Level,
			Documents: []*model.Document{}}
		for _, d := range documents[row.ID] {
			node.Documents = append(node.Documents, &model.Document{ID: globalID(kindDocument, d.ID.String()), Kind: model.DocumentKind(d.Kind),
				ContentType: d.ContentType, Bytes: d.Bytes, URL: r.Certificates.ViewURL(d.ID)})
		}
		connection.Nodes = append(connection.Nodes, node)
		connection.Edges = append(connection.Edges, &model.CertificateReviewEdge{Cursor: reviewCursor(row), Node: node})
	}
	return connection, nil
}

func reviewCursor(r models.CertificateRequest) string {
	return globalID(kindReviewCursor, r.ID.String())
}

// readReviewCursor reads a cursor of the queue; nil stays nil.
func readReviewCursor(cursor *string) (*uuid.UUID, error) {
	if cursor == nil {
		return nil, nil //nolint:nilnil // no cursor is no mistake
	}
	if id := localUUID(*cursor, kindReviewCursor); id != uuid.Nil {
		return &id, nil
	}
	return nil, fault.New(fault.BadUserInput)
}
