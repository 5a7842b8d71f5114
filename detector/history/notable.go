package history

// NotableActions are the actions that context.before.notable and context.after.notable
// name whatever rules are loaded, by what they are for.
var NotableActions = []struct {
	Purpose string
	Actions []string
}{
	{"to get onto a machine", []string{
		"EnableSerialConsoleAccess", "OpenTunnel", "StartSession", "ResumeSession", "SendCommand", "GetPasswordData",
		"ModifyInstanceAttribute", "CreateKeyPair", "ImportKeyPair", "AssociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation",
		"ExecuteCommand", "CreateInstanceConnectEndpoint",
	}},
	{"to open the network", []string{
		"AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "CreateNetworkAclEntry", "ReplaceNetworkAclEntry",
		"CreateVpcPeeringConnection", "ModifyDBInstance",
	}},
	{"to stay", []string{
		"CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile", "CreateUser", "CreateRole", "UpdateAssumeRolePolicy",
		"CreateServiceSpecificCredential", "UploadSigningCertificate", "CreateVirtualMFADevice", "DeactivateMFADevice",
		"DeleteVirtualMFADevice", "CreateSAMLProvider", "UpdateSAMLProvider", "CreateOpenIDConnectProvider", "GetFederationToken",
		"CreateFunction", "UpdateFunctionCode", "AddPermission",
	}},
	{"to get more rights", []string{
		"AttachUserPolicy", "AttachRolePolicy", "AttachGroupPolicy", "PutUserPolicy", "PutRolePolicy", "PutGroupPolicy",
		"CreatePolicyVersion", "SetDefaultPolicyVersion", "AddUserToGroup", "DeleteRolePermissionsBoundary", "DeleteUserPermissionsBoundary",
		"AddRoleToInstanceProfile",
	}},
	{"to hide", []string{
		"StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors", "StopEventDataStoreIngestion", "DeleteEventDataStore",
		"DeleteDetector", "UpdateDetector", "DeleteMembers", "DisassociateFromMasterAccount", "DisassociateFromAdministratorAccount",
		"CreateIPSet", "DeleteFlowLogs", "DeleteLogGroup", "DeleteLogStream", "DeleteConfigurationRecorder", "StopConfigurationRecorder",
		"DeleteDeliveryChannel", "DisableSecurityHub", "DeleteAlarms", "DisableAlarmActions", "DeleteRule", "DisableRule",
		"LeaveOrganization", "DeleteWebACL",
	}},
	{"to take data away", []string{
		"GetSecretValue", "BatchGetSecretValue", "ModifySnapshotAttribute", "ModifyDBSnapshotAttribute", "ModifyImageAttribute",
		"SharedSnapshotVolumeCreated", "PutBucketPolicy", "DeleteBucketPolicy", "PutBucketAcl", "DeletePublicAccessBlock",
		"PutPublicAccessBlock", "PutAccountPublicAccessBlock", "DeleteAccountPublicAccessBlock", "PutBucketReplication",
		"StartExportTask", "CreateInstanceExportTask", "RestoreDBInstanceFromDBSnapshot",
	}},
	{"to destroy", []string{
		"ScheduleKeyDeletion", "DisableKey", "PutKeyPolicy", "DisableEbsEncryptionByDefault", "PutBucketLifecycle", "PutBucketVersioning",
		"DeleteBucket", "DeleteDBInstance", "DeleteDBCluster", "DeleteSnapshot", "TerminateInstances", "DeleteRecoveryPoint",
		"DeleteBackupVault",
	}},
}

// wide is one of them that changes something for the whole account: it is notable for
// whoever acts in it afterwards.
const wide = "EnableSerialConsoleAccess"

var isNotable = func() map[string]bool {
	all := map[string]bool{}
	for _, p := range NotableActions {
		for _, a := range p.Actions {
			all[a] = true
		}
	}
	return all
}()
