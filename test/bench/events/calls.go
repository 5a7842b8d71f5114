package events

// kind is a call of an API. In the texts HEX8, HEX17, UUID, TIME, NUMBER, REGION
// and ADDRESS stand for values that differ from event to event.
type kind struct {
	service, name     string
	request, response string
	readOnly          bool
}

var push = kind{"ec2-instance-connect", "SendSSHPublicKey",
	`{"instanceId":"i-HEX17","instanceOSUser":"ec2-user","sSHPublicKey":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f dana@example\n","availabilityZone":"REGIONa"}`,
	`{"requestId":"UUID","success":true}`, false}

var calls = []kind{
	{"lambda", "Invoke", `{"functionName":"arn:aws:lambda:REGION:111122223333:function:worker-HEX8","invocationType":"Event"}`, "null", true},
	{"kms", "Decrypt", `{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::example-data-HEX8/part/NUMBER.parquet"},"keyId":"arn:aws:kms:REGION:111122223333:key/UUID"}`, "null", true},
	{"kms", "GenerateDataKey", `{"keyId":"arn:aws:kms:REGION:111122223333:key/UUID","keySpec":"AES_256","encryptionContext":{"aws:ebs:id":"vol-HEX17"}}`, "null", true},
	{"sts", "AssumeRole", `{"roleArn":"arn:aws:iam::111122223333:role/worker","roleSessionName":"i-HEX17","durationSeconds":3600}`,
		`{"credentials":{"accessKeyId":"ASIAEXAMPLEHEX8","sessionToken":"IQoJb3JpZ2luX2VjEXAMPLEHEX17HEX17HEX17HEX17HEX17HEX17HEX17HEX17HEX17==","expiration":"TIME"},"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLEHEX8:i-HEX17","arn":"arn:aws:sts::111122223333:assumed-role/worker/i-HEX17"}}`, true},
	{"ec2", "DescribeInstances", `{"maxResults":1000,"filterSet":{"items":[{"name":"instance-state-name","valueSet":{"items":[{"value":"running"},{"value":"pending"}]}},{"name":"tag:Name","valueSet":{"items":[{"value":"worker-HEX8"}]}}]},"instancesSet":{}}`, "null", true},
	{"ec2", "DescribeVolumes", `{"filterSet":{"items":[{"name":"attachment.instance-id","valueSet":{"items":[{"value":"i-HEX17"}]}}]},"volumeSet":{}}`, "null", true},
	{"ec2", "DescribeNetworkInterfaces", `{"networkInterfaceIdSet":{"items":[{"networkInterfaceId":"eni-HEX17"}]},"filterSet":{},"includeManagedResources":true}`, "null", true},
	{"ec2", "CreateTags", `{"resourcesSet":{"items":[{"resourceId":"i-HEX17"}]},"tagSet":{"items":[{"key":"Team","value":"analytics"},{"key":"Build","value":"NUMBER"}]}}`, `{"requestId":"UUID","_return":true}`, false},
	{"ec2", "RunInstances", `{"instancesSet":{"items":[{"imageId":"ami-HEX17","minCount":1,"maxCount":1}]},"instanceType":"m7g.large","blockDeviceMapping":{"items":[{"deviceName":"/dev/xvda","ebs":{"volumeSize":40,"deleteOnTermination":true,"volumeType":"gp3","encrypted":true}}]},"monitoring":{"enabled":false},"subnetId":"subnet-HEX17","disableApiTermination":false,"clientToken":"UUID"}`,
		`{"requestId":"UUID","reservationId":"r-HEX17","ownerId":"111122223333","groupSet":{},"instancesSet":{"items":[{"instanceId":"i-HEX17","imageId":"ami-HEX17","instanceState":{"code":0,"name":"pending"},"privateDnsName":"ip-10-0-NUMBER.REGION.compute.internal","instanceType":"m7g.large","launchTime":1772442000000,"placement":{"availabilityZone":"REGIONa","tenancy":"default"},"privateIpAddress":"10.0.4.17","groupSet":{"items":[{"groupId":"sg-HEX17","groupName":"workers"}]},"tagSet":{"items":[{"key":"Name","value":"worker-HEX8"}]}}]}}`, false},
	{"s3", "ListBuckets", `{"Host":"s3.REGION.amazonaws.com"}`, "null", true},
	{"s3", "GetBucketAcl", `{"bucketName":"example-data-HEX8","Host":"example-data-HEX8.s3.REGION.amazonaws.com","acl":""}`, "null", true},
	{"s3", "HeadBucket", `{"bucketName":"example-data-HEX8","Host":"example-data-HEX8.s3.REGION.amazonaws.com"}`, "null", true},
	{"logs", "CreateLogStream", `{"logGroupName":"/aws/lambda/worker-HEX8","logStreamName":"2026/03/02/[$LATEST]UUID"}`, "null", false},
	{"logs", "DescribeLogStreams", `{"logGroupName":"/aws/lambda/worker-HEX8","orderBy":"LastEventTime","descending":true,"limit":50}`, "null", true},
	{"monitoring", "DescribeAlarms", `{"alarmNamePrefix":"TargetTracking-service/worker-HEX8","maxRecords":100}`, "null", true},
	{"ssm", "UpdateInstanceInformation", `{"instanceId":"i-HEX17","agentVersion":"3.3.987.0","agentStatus":"Active","platformType":"Linux","platformName":"Amazon Linux","platformVersion":"2023","iPAddress":"10.0.7.44","computerName":"ip-10-0-7-44.REGION.compute.internal","agentName":"amazon-ssm-agent","availabilityZone":"REGIONa","sSMConnectionChannel":"ssmmessages"}`, "null", false},
	{"ecr", "BatchGetImage", `{"registryId":"111122223333","repositoryName":"worker","imageIds":[{"imageTag":"build-NUMBER"}],"acceptedMediaTypes":["application/vnd.docker.distribution.manifest.v2+json","application/vnd.oci.image.manifest.v1+json"]}`, "null", true},
	{"ecs", "DescribeTasks", `{"cluster":"arn:aws:ecs:REGION:111122223333:cluster/main","tasks":["arn:aws:ecs:REGION:111122223333:task/main/HEX17","arn:aws:ecs:REGION:111122223333:task/main/HEX8"]}`, "null", true},
	{"elasticloadbalancing", "DescribeTargetHealth", `{"targetGroupArn":"arn:aws:elasticloadbalancing:REGION:111122223333:targetgroup/worker/HEX17"}`, "null", true},
	{"autoscaling", "DescribeAutoScalingGroups", `{"autoScalingGroupNames":["worker-HEX8"],"maxRecords":100}`, "null", true},
	{"dynamodb", "DescribeTable", `{"tableName":"worker-state-HEX8"}`, "null", true},
	{"sqs", "GetQueueAttributes", `{"queueUrl":"https://sqs.REGION.amazonaws.com/111122223333/worker-HEX8","attributeNames":["ApproximateNumberOfMessages"]}`, "null", true},
	{"iam", "GetRole", `{"roleName":"worker-HEX8"}`, "null", true},
	{"cloudformation", "DescribeStacks", `{"stackName":"arn:aws:cloudformation:REGION:111122223333:stack/worker-HEX8/UUID"}`, "null", true},
}

var (
	regions = []string{"eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "ap-southeast-2"}
	roles   = []string{"worker", "ecs-task", "node-group", "build", "backup", "inventory", "observability"}
	agents  = []string{
		"aws-sdk-go-v2/1.30.3 os/linux lang/go#1.24.1 md/GOOS#linux md/GOARCH#arm64 api/ec2#1.170.0",
		"Boto3/1.34.131 md/Botocore#1.34.131 ua/2.0 os/linux#6.1.0 md/arch#x86_64 lang/python#3.12.4 md/pyimpl#CPython cfg/retry-mode#standard",
		"aws-sdk-java/2.26.12 Linux/6.1.94 OpenJDK_64-Bit_Server_VM/21.0.3+9-LTS Java/21.0.3 vendor/Amazon.com_Inc. io/sync http/Apache",
		"aws-sdk-js/3.600.0 ua/2.0 os/linux#5.10 lang/js md/nodejs#20.15.0 api/dynamodb#3.600.0",
		"amazon-ssm-agent/3.3.987.0 (linux; arm64)",
		"console.amazonaws.com",
	}
)
